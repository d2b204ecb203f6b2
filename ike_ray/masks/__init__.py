"""One mask as a value: run-length codes, boxes, PNG bytes, the mask over its frame, and what sharpens it along colours.

In comes a `bool` array (H, W), out comes a compact form of it, and back, or a picture of it, or a mask whose outline fits the
image better. What does not belong here: where the bytes go, and how a rough mask was found.
"""
