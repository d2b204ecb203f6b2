"""How far to trust the mask of one image, found without the truth."""

import numpy as np
from jaxtyping import Bool, Float32

from ike_ray.spectral.localize import keep_largest, list_border


def estimate_separation(mask: Bool[np.ndarray, "h w"], saliency: Float32[np.ndarray, "h w"]) -> float:
    """Return the correlation of `mask` with the saliency that it was made from, or 0 if that is negative.

    It is in [0, 1]: 1 if saliency has two values and the mask is where it has the higher one, and low if saliency has no step
    where the mask ends. It is 0 for a mask that is empty or full. Squared, it is the share of the variance of saliency that
    the mask explains, which is what Otsu's threshold maximises. Where saliency tells the object, the confidence is this
    times the wholeness; `benchmarks/saliency.py` prints how well it orders IoU.
    """
    if mask.all() or not mask.any():
        return 0.0
    inside, outside = saliency[mask].mean(dtype=np.float64), saliency[~mask].mean(dtype=np.float64)
    share = float(mask.mean())
    deviation = float(saliency.std(dtype=np.float64))
    correlation = float(inside - outside) * (share * (1 - share)) ** 0.5 / deviation if deviation > 0 else 0.0
    return min(max(correlation, 0.0), 1.0)


def estimate_wholeness(mask: Bool[np.ndarray, "H W"]) -> float:
    """Return the share of the mask that its largest connected part has, times the share of the image's border that is free.

    It is in [0, 1]: 1 for one part that the frame does not cut off, low for a mask in pieces or one that is background, and 0
    for an empty mask. Where eigenvectors tell the object, it is the confidence.
    """
    if not mask.any():
        return 0.0
    one_part = float(keep_largest(mask).sum() / mask.sum())
    return one_part * (1 - float(list_border(mask).mean()))
