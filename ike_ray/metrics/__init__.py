"""How a score is computed: masks in, numbers out.

Region similarity J, boundary accuracy F, and their statistics over a sequence (Perazzi et al., CVPR 2016). What does not
belong here: which frames of which dataset count (`datasets`), and where masks come from (`evaluate`).
"""
