"""Frames of a video file or a folder of images: upright, in order, with their times, in bounded memory.

A URI and `VideoConfig` come in, and frames or a `Clip` at the working size go out. The package also lists the videos that an
INPUT names, and writes overlay videos. What the frames show does not belong here.
"""
