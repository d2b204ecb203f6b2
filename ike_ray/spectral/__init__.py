"""An image as a graph of patches whose eigenvectors are its segments: Deep Spectral Methods.

A batch of images comes in. A vision transformer, or the colours of the images, give an affinity of their patches. The
eigenvectors of its Laplacian come out, and boxes, masks, regions and mattes are made of them.

Source: Melas-Kyriazi, Rupprecht, Laina, Vedaldi, "Deep Spectral Methods: A Surprisingly Strong Baseline for Unsupervised
Semantic Segmentation and Localization", CVPR 2022. What does not belong here: where images come from, what is
written, and clusters of a whole corpus.
"""
