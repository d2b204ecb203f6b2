"""Soft maps in 256 levels, and what each of the 256 thresholds calls object."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64

NUM_THRESHOLDS = 256


@dataclass(frozen=True, kw_only=True)
class ThresholdCounts:
    """The pixels at or above each threshold, from 0 to 255: those that are object in truth, and those that are not."""

    hits: Int64[np.ndarray, " 256"]
    false_alarms: Int64[np.ndarray, " 256"]
    num_true: int  # the number of pixels of the object
    num_pixels: int


def scale_soft_mask(soft_mask: Float[np.ndarray, "H W"]) -> Float64[np.ndarray, "H W"]:
    """Return the map stretched to [0, 1] by its own range, as saliency is scored. A constant map stays as it is."""
    values = soft_mask.astype(np.float64)
    lowest, highest = values.min(), values.max()
    return (values - lowest) / (highest - lowest) if highest > lowest else values


def count_thresholds(scaled: Float64[np.ndarray, "H W"], truth: Bool[np.ndarray, "H W"]) -> ThresholdCounts:
    """Return the counts of a map with values in [0, 1]. A value is at the level floor(255 v)."""
    levels = (scaled * (NUM_THRESHOLDS - 1)).astype(np.uint8)
    table = np.bincount((levels.astype(np.int64) * 2 + truth).ravel(), minlength=2 * NUM_THRESHOLDS).reshape(
        NUM_THRESHOLDS, 2
    )
    above = table[::-1].cumsum(axis=0)[::-1]
    return ThresholdCounts(
        hits=above[:, 1].copy(), false_alarms=above[:, 0].copy(), num_true=int(above[0, 1]), num_pixels=truth.size
    )
