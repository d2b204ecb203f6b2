"""Windows: a video of any length as stretches of its shots, each short enough for one graph, without a visible seam.

Working frames with the number of their shot come in, and the segmented frames of each window go out as soon as it is done.
What a window learned is carried over to the next one of its shot: the network's weights, and the soft masks in the frames
that both share. This is not in the paper, which takes a video as a whole. How one window is segmented, files, and where shots
end do not belong here.
"""
