"""One mask as a value: its run-length code, its box, its PNG bytes, its picture over the frame, and a sharper outline for it.

A `bool` array (H, W) comes in. What goes out is a compact form of it, from which it can be read back, or a picture of it, or
a mask whose outline fits the image better. Where the bytes go and how a rough mask was found do not belong here.
"""
