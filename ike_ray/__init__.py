"""ike_ray: the main object of every frame of a video corpus, outlined without one label.

The method (`ike_ray.segment`) finds it with a space-time graph and a network that learns the one video; the corpus
(`ike_ray.corpus`) carries the method over many videos with Ray Data.
"""

__version__ = "0.1.0"
