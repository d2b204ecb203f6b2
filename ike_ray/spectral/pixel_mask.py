"""The mask of an object at the size of its image: a map over patches, enlarged and sharpened along the image's colours."""

from typing import Literal

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from ike_ray.config import MaskConfig
from ike_ray.masks.grab_cut import refine_by_colour
from ike_ray.metrics.jaccard import evaluate_jaccard
from ike_ray.spectral.dense_crf import estimate_object
from ike_ray.spectral.object_side import ObjectSide, measure_strength
from ike_ray.video.clip import resize_frame

# For GrabCut, a pixel above this share of a map's strength is object whatever its colour. It keeps parts that have colours of
# the background.
_SURE_FRACTION = 0.5
# If a mask that was sharpened by colours has a lower IoU with the mask before it, then it has lost the object, or leaked, and
# is not used.
_LEAST_AGREEMENT = 0.2


def refine_mask(image: UInt8[np.ndarray, "H W 3"], side: ObjectSide | None, config: MaskConfig) -> Bool[np.ndarray, "H W"]:
    """Return the pixels of the object. There are none without a side.

    They are where the map, interpolated (bilinear, half-pixel centres), is above 0. If `config.sharpen` is crf, the dense CRF
    of the paper starts from them. If it is colour, GrabCut does, and the strongest part stays object: it needs no other
    package. `benchmarks/saliency.py` prints the IoU of masks without and with GrabCut. Raises `ConfigError` if `config` asks
    for the CRF and its package cannot be imported.

    Source: Melas-Kyriazi et al., CVPR 2022, on object segmentation.
    """
    height, width = image.shape[:2]
    if side is None:
        return np.zeros((height, width), bool)
    if config.sharpen == "none":
        return resize_map(side.map, height, width) > 0
    small = shrink_image(image, config.area_px)
    mask = _sharpen(small, resize_map(side.map, *small.shape[:2]), config.sharpen)
    return mask if small.shape == image.shape else resize_map(mask.astype(np.float32), height, width) > 0.5


def shrink_image(image: UInt8[np.ndarray, "H W 3"], area_px: int) -> UInt8[np.ndarray, "h w 3"]:
    """Return the image averaged to about `area_px` pixels, or as it is if it has no more."""
    height, width = image.shape[:2]
    scale = min(1.0, (area_px / (height * width)) ** 0.5)
    return resize_frame(image, max(1, round(height * scale)), max(1, round(width * scale)))


def resize_map(values: Float32[np.ndarray, "h w"], height: int, width: int) -> Float32[np.ndarray, "H W"]:
    """Return the map at another size, interpolated bilinearly with half-pixel centres."""
    return cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR)


def _sharpen(
    image: UInt8[np.ndarray, "h w 3"], values: Float32[np.ndarray, "h w"], method: Literal["colour", "crf"]
) -> Bool[np.ndarray, "h w"]:
    mask = values > 0
    match method:
        case "colour":
            is_sure = values > max(0.0, _SURE_FRACTION * measure_strength(values))
            sharpened = refine_by_colour(image, mask, np.zeros_like(mask), is_sure)
        case "crf":
            sharpened = estimate_object(image, mask) > 0.5
    return sharpened if evaluate_jaccard(sharpened[None], mask[None])[0] >= _LEAST_AGREEMENT else mask
