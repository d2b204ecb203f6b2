"""How scores are computed: masks come in and numbers go out, with how sure a mean of such numbers is.

The package has region similarity J, boundary accuracy F and their statistics over a sequence, for one object and for several.
It has the structure measure, the alignment measure, F-beta and the absolute error of soft maps, localisation by boxes, and
the overlap of unnamed regions with classes. Which frames of which dataset count (`datasets`) and where masks come from
(`evaluate`) do not belong here.
"""
