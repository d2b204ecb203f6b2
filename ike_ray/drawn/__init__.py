"""Drawn clips with exact masks, from which the motion network learns: scenes in which something moves by itself.

A seed comes in, frames with the mask of everything that moves by itself come out. The camera pans, turns, zooms and shakes,
the scene has depth, water and leaves move, shadows and splashes follow the objects: all of that is background. Nothing here
is taken from a photograph or a video. What does not belong here: flow, the network, files.
"""
