"""One network that learns the masks of a whole corpus and then finds objects by itself, in single frames, without flow.

In come videos whose frames have masks (rows of a run) and `TrainConfig`; out come a network, its folder MODEL and the masks
that it finds. Deep Spectral Methods (Melas-Kyriazi et al., CVPR 2022), section on self-training, for the masks of any run;
network, sampling and augmentation are ours. What does not belong here: Ray, which worker sees which batch (`corpus`).
"""
