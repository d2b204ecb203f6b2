"""A corpus: the method over many videos, carried by Ray Data. The only package that imports ray.

In come video references, a run folder and the settings; each becomes one outcome row in the run folder. What does not
belong here: how one video is segmented.
"""
