"""How far to trust the mask of one image, found without the truth."""

import numpy as np
from jaxtyping import Bool

from ike_ray.spectral.object_side import ObjectSide, measure_strength
from ike_ray.spectral.pixel_mask import resize_map


def estimate_confidence(mask: Bool[np.ndarray, "H W"], side: ObjectSide | None) -> float:
    """How strong the eigenvector is inside the mask: the mean there of its share of its own strength, cut to [0, 1].

    Near 1 the object is all that the eigenvector tells from the rest; near 0 the mask follows a faint side of it. 0 for an
    empty mask and without a side. Ours; benchmarks/spectral_confidence.py compares it with others.
    """
    strength = 0.0 if side is None else measure_strength(side.map)
    if side is None or strength <= 0 or not mask.any():
        return 0.0
    share = resize_map(side.map, *mask.shape)[mask] / np.float32(strength)
    return float(share.clip(0, 1).mean())
