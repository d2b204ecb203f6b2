"""The method as a function call: frames of one video, or images, in this process.

In comes a path, a URI or an array, out come masks, one frame after the other. Nothing is written, and no Ray is started.
`import ike_ray` gives these functions. What does not belong here: the method itself, and whatever takes many videos at once.
"""
