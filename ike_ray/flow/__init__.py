"""Motion between neighbouring frames: forward and backward optical flow at the working size.

In come the frames of a clip and `FlowConfig`, out comes a `Flow`: OpenCV's DIS, RAFT, or `.flo` files; and what is known of a
flow: the camera's part in it, how reliable it is, how well it explains the frames. What does not belong here: what the motion
says about objects.
"""
