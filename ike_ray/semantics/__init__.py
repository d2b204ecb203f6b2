"""Names for the regions of a corpus: what each looks like, which of them are alike, and pictures of those that are alike.

The frame rows of a run and the pictures that they belong to come in. Descriptors, clusters and contact sheets go out. Each
function holds some videos, or some thousands of descriptors, and never the corpus.

Source: Melas-Kyriazi, Rupprecht, Laina, Vedaldi, "Deep Spectral Methods", CVPR 2022, on semantic segmentation. How regions
are found, who works on which part of a corpus, and scores do not belong here.
"""
