"""How far to trust the mask of one image, found without the truth."""

import numpy as np
from jaxtyping import Bool

from ike_ray.spectral.localize import keep_largest
from ike_ray.spectral.object_side import list_border


def estimate_confidence(mask: Bool[np.ndarray, "H W"]) -> float:
    """The share of the mask that its largest connected part has, times the share of the image's border that it leaves free.

    In [0, 1]: 1 for one part that the frame does not cut off, low for a mask in pieces or one that is background. 0 for an
    empty mask. Ours: on 50 photographs, without weights, its rank correlation with IoU was 0.71; of what else was tried alone
    nothing was above 0.48. On 53 frames of DAVIS, of whose masks most were wrong, 0.17 (benchmarks/spectral_confidence.py).
    """
    if not mask.any():
        return 0.0
    one_part = float(keep_largest(mask).sum() / mask.sum())
    return one_part * (1 - float(list_border(mask).mean()))
