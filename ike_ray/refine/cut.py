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
    levels = np.rint(soft_masks * _LEVELS).astype(np.uint8)
    if config.cut == "fixed" or levels.min() == levels.max():
        return config.level
    level = _find_otsu_level(levels)
    upper = levels[levels > level]
    if config.cut == "upper_otsu" and upper.min() < upper.max():
        level = _find_otsu_level(upper)
    return (level + 0.5) / _LEVELS  # between the level that is still background and the next one


def _find_otsu_level(levels: UInt8[np.ndarray, "..."]) -> float:
    """The highest level of the lower class, for levels that are not all the same."""
    return cv2.threshold(levels.reshape(1, -1), 0, _LEVELS, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[0]
