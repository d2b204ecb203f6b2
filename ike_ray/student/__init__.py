"""One network that learns the masks of a whole corpus and then finds objects by itself, in single frames, without flow.

Videos whose frames have masks (rows of a run) and `TrainConfig` come in. A network, its folder MODEL and the masks that it
finds go out. This is the self-training of Deep Spectral Methods (Melas-Kyriazi et al., CVPR 2022), for the masks of any run.
Network, sampling and augmentation are ours. Ray, and which worker sees which batch (`corpus`), do not belong here.
"""
