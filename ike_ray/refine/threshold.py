"""Where soft masks become masks: one threshold for each clip."""

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from ike_ray.config import RefineConfig

_LEVELS = 255  # soft masks are counted in 256 levels


def estimate_threshold(soft_masks: Float32[np.ndarray, "m h w"], config: RefineConfig) -> float:
    """Return the value in [0, 1] above which a soft mask is object.

    `fixed` takes `config.fixed_threshold`. `otsu` takes the threshold with the largest variance between the two classes over
    all pixels of the clip. `upper_otsu` takes Otsu's threshold of the values above Otsu's threshold, that is of what is not
    clearly background. A constant map has neither and gets `config.fixed_threshold`. Source: Otsu, IEEE SMC 9(1), 1979.
    """
    thresholds = None if config.threshold == "fixed" else find_otsu_thresholds(soft_masks)
    if thresholds is None:
        return config.fixed_threshold
    return thresholds[0] if config.threshold == "otsu" else thresholds[1]


def find_otsu_thresholds(soft_masks: Float32[np.ndarray, "m h w"]) -> tuple[float, float] | None:
    """Return Otsu's threshold, and Otsu's threshold of the values above it. The two are the same if those values are all
    alike. A constant map has none."""
    levels = np.rint(soft_masks * _LEVELS).astype(np.uint8)
    if levels.min() == levels.max():
        return None
    low = high = _find_otsu_level(levels)
    upper = levels[levels > low]
    if upper.min() < upper.max():
        high = _find_otsu_level(upper)
    return (low + 0.5) / _LEVELS, (high + 0.5) / _LEVELS  # between the level that is still background and the next one


def move_threshold(soft_masks: Float32[np.ndarray, "m h w"], threshold: float, target: float) -> Float32[np.ndarray, "m h w"]:
    """Return the same order of values with `threshold` moved to `target`, both in (0, 1), linearly below and above it."""
    below, above = soft_masks * (target / threshold), target + (soft_masks - threshold) * ((1 - target) / (1 - threshold))
    return np.where(soft_masks < threshold, below, above).astype(np.float32)


def match_area(
    soft_masks: Float32[np.ndarray, "m h w"], area_fraction: float, threshold: float
) -> Float32[np.ndarray, "m h w"]:
    """Return the same order of values, moved so that `area_fraction` of all pixels lie above `threshold`, in (0, 1).

    The values stay as they are if no threshold in (0, 1) has that area. This is so for a constant map and for a fraction of 0
    or 1.
    """
    found = float(np.quantile(soft_masks, 1 - area_fraction))
    return move_threshold(soft_masks, found, threshold) if 0 < found < 1 and 0 < area_fraction < 1 else soft_masks


def _find_otsu_level(levels: UInt8[np.ndarray, "..."]) -> float:
    """Return the highest level of the lower class, for levels that are not all the same."""
    return cv2.threshold(levels.reshape(1, -1), 0, _LEVELS, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[0]
