"""Frames: from a video file or a folder of images, upright, in order, with their times, in bounded memory.

In comes a URI and `VideoConfig`, out come frames or a `Clip` at the working size; also the list of videos that an INPUT
names, and the writer of overlay videos. What does not belong here: what the frames show.
"""
