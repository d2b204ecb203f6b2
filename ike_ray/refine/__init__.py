"""From soft masks to masks: sharpening by colour, the threshold, and the way back to the video's own size.

In come soft masks at the working size, frames and `RefineConfig`, out come sharper soft masks or masks. Thresholds follow the
clip, never the truth. What does not belong here: how soft masks are found, how masks are written.
"""
