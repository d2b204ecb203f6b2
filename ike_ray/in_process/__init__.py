"""The method as a function call: frames of one video, or images, in this process.

A path, a URI or an array comes in, and masks come out, one frame after the other. Nothing is written, and Ray is not started.
`import ike_ray` gives these functions. What does not belong here: the method itself, and whatever takes many videos at once.
"""
