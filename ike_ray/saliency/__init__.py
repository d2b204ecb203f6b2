"""What a single picture says about its main object, without weights and without labels.

A picture comes in, a soft mask comes out: how much each pixel stands out from what surrounds the object. The picture is cut
into a few hundred superpixels, two methods give a value to each of them, and the answer is the mean of both methods at
several numbers of superpixels. The methods are robust background detection (Zhu, Liang, Wei, Sun, "Saliency Optimization from
Robust Background Detection", CVPR 2014) and manifold ranking (Yang, Zhang, Lu, Ruan, Yang, "Saliency Detection via
Graph-Based Manifold Ranking", CVPR 2013). Both trust that whoever took the picture left some background around the object.

In array shapes, k stands for the superpixels of a picture, b for those on its border, and q for questions put to a ranking.
What does not belong here: motion, several frames, files, and the threshold from a soft mask to a mask.
"""
