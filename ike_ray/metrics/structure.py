"""S-measure: how well a soft map has the structure of the true object."""

import numpy as np
from jaxtyping import Bool, Float64

_OBJECT_SHARE = 0.5  # the paper's alpha, with which the part of objects and the part of regions count the same
_EPSILON = np.finfo(np.float64).eps  # keeps a quotient of two zeros finite


def evaluate_structure(scaled: Float64[np.ndarray, "H W"], truth: Bool[np.ndarray, "H W"]) -> float:
    """Return S = alpha S_o + (1 - alpha) S_r of a map with values in [0, 1], with alpha = 0.5. S is in [0, 1], never below 0.

    If the truth has no object, S is 1 minus the mean of the map. If the truth is all object, S is the mean.

    Source: Fan et al., "Structure-measure", ICCV 2017, section 3.
    """
    share = truth.mean()
    if share == 0:
        return float(1 - scaled.mean())
    if share == 1:
        return float(scaled.mean())
    of_objects = share * _compare_object(scaled[truth]) + (1 - share) * _compare_object(1 - scaled[~truth])
    return float(max(0.0, _OBJECT_SHARE * of_objects + (1 - _OBJECT_SHARE) * _compare_regions(scaled, truth)))


def _compare_object(values: Float64[np.ndarray, " n"]) -> float:
    """Return 2 x / (x^2 + 1 + sigma), the object-aware part with lambda = 0.5.

    x is the mean and sigma the standard deviation of values that should be 1.
    """
    mean = values.mean()
    deviation = values.std(ddof=1) if values.size > 1 else 0.0
    return float(2 * mean / (mean**2 + 1 + deviation + _EPSILON))


def _compare_regions(scaled: Float64[np.ndarray, "H W"], truth: Bool[np.ndarray, "H W"]) -> float:
    """Return SSIM of the four blocks that meet at the truth's centroid, weighed by their area: the region-aware part."""
    rows, columns = np.nonzero(truth)
    row, column = (int(np.rint(places.mean())) + 1 for places in (rows, columns))
    total = 0.0
    for part_y in (slice(None, row), slice(row, None)):
        for part_x in (slice(None, column), slice(column, None)):
            block = truth[part_y, part_x]
            if block.size:
                total += block.size / truth.size * _compare_block(scaled[part_y, part_x], block.astype(np.float64))
    return total


def _compare_block(values: Float64[np.ndarray, "a b"], truth: Float64[np.ndarray, "a b"]) -> float:
    """Return SSIM without constants, 4 x y c / ((x^2 + y^2) (v_x + v_y)). It is 1 for 0 / 0 and 0 if only the upper is 0."""
    mean, true_mean = values.mean(), truth.mean()
    off, true_off = values - mean, truth - true_mean
    degrees = values.size - 1 + _EPSILON
    covariance = (off * true_off).sum() / degrees
    spread = ((off**2).sum() + (true_off**2).sum()) / degrees
    upper, lower = 4 * mean * true_mean * covariance, (mean**2 + true_mean**2) * spread
    if upper == 0:
        return float(lower == 0)
    return float(upper / (lower + _EPSILON))
