"""An image as a graph of patches whose eigenvectors are its segments: Deep Spectral Methods.

In comes a batch of images, of which a vision transformer or their colours give an affinity of patches; out come the
eigenvectors of its Laplacian, and from them boxes, masks, regions and mattes.

Source: Melas-Kyriazi, Rupprecht, Laina, Vedaldi, "Deep Spectral Methods: A Surprisingly Strong Baseline for Unsupervised
Semantic Segmentation and Localization", CVPR 2022. What does not belong here: where images come from and what is written,
and clusters of a whole corpus.
"""
