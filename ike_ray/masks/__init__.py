"""One mask as a value: run-length codes, boxes, PNG bytes.

In comes a `bool` array (H, W), out comes a compact form of it, and back. What does not belong here: where the bytes go,
and how a mask was found.
"""
