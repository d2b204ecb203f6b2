"""Where soft masks are cut into masks: one value a clip."""

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from ike_ray.config import RefineConfig

_LEVELS = 255  # soft masks are counted in 256 levels


def estimate_cut(soft_masks: Float32[np.ndarray, "m h w"], config: RefineConfig) -> float:
    """The value in [0, 1] above which a soft mask is object.

    fixed: `config.level`. otsu: the cut with the largest variance between the two classes over all pixels of the clip.
    upper_otsu: Otsu's cut of the values above Otsu's cut, that is of what is not clearly background. A constant map has
    no such cut and gets `config.level`. Source: Otsu, IEEE SMC 9(1), 1979.
    """
    cuts = None if config.cut == "fixed" else find_otsu_cuts(soft_masks)
    if cuts is None:
        return config.level
    return cuts[0] if config.cut == "otsu" else cuts[1]


def find_otsu_cuts(soft_masks: Float32[np.ndarray, "m h w"]) -> tuple[float, float] | None:
    """Otsu's cut and Otsu's cut of the values above it, the same where those are all alike; None for a constant map."""
    levels = np.rint(soft_masks * _LEVELS).astype(np.uint8)
    if levels.min() == levels.max():
        return None
    low = high = _find_otsu_level(levels)
    upper = levels[levels > low]
    if upper.min() < upper.max():
        high = _find_otsu_level(upper)
    return (low + 0.5) / _LEVELS, (high + 0.5) / _LEVELS  # between the level that is still background and the next one


def move_cut(soft_masks: Float32[np.ndarray, "m h w"], cut: float, target: float) -> Float32[np.ndarray, "m h w"]:
    """The same order of values with `cut` moved to `target`, both in (0, 1): linear from 0 to it and from it to 1."""
    below, above = soft_masks * (target / cut), target + (soft_masks - cut) * ((1 - target) / (1 - cut))
    return np.where(soft_masks < cut, below, above).astype(np.float32)


def match_area(soft_masks: Float32[np.ndarray, "m h w"], area_fraction: float, level: float) -> Float32[np.ndarray, "m h w"]:
    """The same order of values, moved so that `area_fraction` of all pixels lie above `level`, in (0, 1).

    They stay as they are where no cut in (0, 1) does that: a constant map, or a fraction of 0 or 1.
    """
    cut = float(np.quantile(soft_masks, 1 - area_fraction))
    return move_cut(soft_masks, cut, level) if 0 < cut < 1 and 0 < area_fraction < 1 else soft_masks


def _find_otsu_level(levels: UInt8[np.ndarray, "..."]) -> float:
    """The highest level of the lower class, for levels that are not all the same."""
    return cv2.threshold(levels.reshape(1, -1), 0, _LEVELS, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[0]
