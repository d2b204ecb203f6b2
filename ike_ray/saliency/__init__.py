"""What a single picture says about its main object, without weights and without labels.

A picture comes in, and a soft mask comes out. It says how much each pixel stands out from what surrounds the object. The
picture is cut into a few hundred superpixels. Two methods give a value to each of them, and the mean of both is taken over
several numbers of superpixels. For a photograph, the answer is what its own colours, textures and places make of that mean.

The two methods are robust background detection (Zhu, Liang, Wei, Sun, "Saliency Optimization from Robust Background
Detection", CVPR 2014) and manifold ranking (Yang, Zhang, Lu, Ruan, Yang, "Saliency Detection via Graph-Based Manifold
Ranking", CVPR 2013). Both trust that whoever took the picture left some background around the object.

In array shapes, k stands for the superpixels of a picture, b for those on its border, and q for questions put to a ranking.
What does not belong here: motion, several frames, files, and the threshold from a soft mask to a mask.
"""
