"""Drawn clips with exact masks, from which the motion network learns: scenes in which something moves by itself.

A seed comes in, and frames with the mask of everything that moves by itself go out. The camera pans, turns, zooms and shakes,
the scene has depth, water and leaves move, and shadows and splashes follow the objects: all of that is background. Nothing
here is taken from a photograph or a video. Flow, the network and files do not belong here.
"""
