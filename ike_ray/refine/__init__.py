"""From soft masks to masks: sharpening by colour, the threshold, and the way back to the video's own size.

Soft masks at the working size, frames and `RefineConfig` come in, and sharper soft masks or masks go out. Thresholds follow
the clip and never the truth. How soft masks are found and how masks are written do not belong here.
"""
