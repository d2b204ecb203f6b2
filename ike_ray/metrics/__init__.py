"""How a score is computed: masks in, numbers out, and how sure a mean of such numbers is.

Region similarity J, boundary accuracy F and their statistics over a sequence, for one object and for several; structure,
alignment, F-beta and absolute error of soft maps; localisation by boxes; overlap of unnamed regions with classes. What does
not belong here: which frames of which dataset count (`datasets`), and where masks come from (`evaluate`).
"""
