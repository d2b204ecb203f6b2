"""Windows: a video of any length as stretches of its shots, each short enough for one graph, without a visible seam.

In come working frames with the number of their shot, out come the segmented frames of each window as soon as it is done.
What a window learned is carried over to the next one of its shot: network weights, and soft masks in the frames both share.
This is not in the paper, which takes a video as a whole. What does not belong here: how one window is segmented, files, where
shots end.
"""
