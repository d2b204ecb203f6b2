"""From soft masks to masks: the cut, and the way back to the video's own size.

In come soft masks at the working size and `RefineConfig`, out come masks. The cut follows the clip, never the truth. What
does not belong here: how soft masks are found, how masks are written.
"""
