"""Names for the regions of a corpus: what each looks like, which of them are alike, and pictures of what was found alike.

In come the frame rows of a run and the pictures that they belong to, out come descriptors, clusters and contact sheets.
Each function holds some videos, or some thousands of descriptors, never the corpus.

Source: Melas-Kyriazi, Rupprecht, Laina, Vedaldi, "Deep Spectral Methods", CVPR 2022, on semantic segmentation. What does not
belong here: how regions are found, who works on which part of a corpus, and scores.
"""
