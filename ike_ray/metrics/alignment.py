"""E-measure: how well a map above a threshold is aligned with the truth, pixel by pixel and as a whole."""

import numpy as np
from jaxtyping import Float64

from ike_ray.metrics.levels import ThresholdCounts

_EPSILON = np.finfo(np.float64).eps


def evaluate_alignment(counts: ThresholdCounts) -> Float64[np.ndarray, " 256"]:
    """Return E at each threshold, from 0 to 255, in [0, n / (n - 1)] for n > 1 pixels. The published number is its mean.

    With phi(M) = M - mean(M) of the mask and of the truth, xi = 2 phi_G phi_F / (phi_G^2 + phi_F^2). E is the sum of (1 +
    xi)^2 / 4 over n - 1, as in the published program. If the truth has no object, E is the share of pixels that is not called
    object. If the truth is all object, E is the share that is. Pixels fall into four kinds, in the mask or not and in the
    truth or not. Each kind has one value, so the counts are enough.

    Source: Fan et al., "Enhanced-alignment Measure", IJCAI 2018, section 3.
    """
    num_pixels, num_true = counts.num_pixels, counts.num_true
    found = (counts.hits + counts.false_alarms).astype(np.float64)
    if num_true in (0, num_pixels):
        total = found if num_true else num_pixels - found
        return total / max(num_pixels - 1, 1)
    share, true_share = found / num_pixels, num_true / num_pixels
    misses = num_true - counts.hits
    kinds = (
        (1, 1, counts.hits),
        (1, 0, counts.false_alarms),
        (0, 1, misses),
        (0, 0, num_pixels - found - misses),
    )
    total = np.zeros_like(found)
    for in_mask, in_truth, number in kinds:
        off, true_off = in_mask - share, in_truth - true_share
        alignment = 2 * off * true_off / (off**2 + true_off**2 + _EPSILON)
        total += number * (alignment + 1) ** 2 / 4
    return total / max(num_pixels - 1, 1)
