"""Motion between frames, mostly neighbours: forward and backward optical flow at the working size.

The frames of a clip and `FlowConfig` come in, and a `Flow` goes out, by OpenCV's DIS, by RAFT or from `.flo` files. The
package also tells what is known of a flow: the camera's part in it, how reliable it is, and how well it explains the frames.
What the motion says about objects does not belong here.
"""
