"""The piece of a picture that shows a region."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from ike_ray.config import DescriptorsConfig
from ike_ray.masks.box import build_box

# A mask first loses this share of the frame's mean side all around, and with it what is thinner than twice that. Then it
# gains a little more than it lost. So an arm or a tail of one pixel does not double the box.
_ERODE_FRACTION, _DILATE_FRACTION = 0.005, 0.01

Box = tuple[int, int, int, int]


@dataclass(frozen=True, kw_only=True)
class Crop:
    """A region cut out of its frame."""

    image: UInt8[np.ndarray, "s s 3"]  # resized to a square
    mask: Bool[np.ndarray, "s s"]  # the region's own mask, resized in the same way, with at least one pixel
    box: Box  # the crop's box in the frame
    shape_box: Box  # the region's box in the frame, as the region was found
    height: int  # the height of the frame
    width: int
    area_fraction: float  # the share of the frame that the region covers


def build_crop(image: UInt8[np.ndarray, "H W 3"], mask: Bool[np.ndarray, "H W"], config: DescriptorsConfig) -> Crop:
    """Return the crop of a region that is not empty, as a square: the box, with a margin, of its eroded and dilated mask.

    Source: Melas-Kyriazi et al., CVPR 2022, on semantic segmentation. The published crops keep their size and aspect. Squares
    can go through a model in batches.
    """
    shape_box = build_box(mask)
    assert shape_box is not None
    height, width = mask.shape
    box = build_crop_box(mask, config)
    x0, y0, x1, y1 = box
    return Crop(
        image=_resize_picture(image[y0:y1, x0:x1], config.crop_side_px),
        mask=_resize_mask(mask[y0:y1, x0:x1], config.crop_side_px),
        box=box,
        shape_box=shape_box,
        height=height,
        width=width,
        area_fraction=float(mask.mean()),
    )


def build_crop_box(mask: Bool[np.ndarray, "H W"], config: DescriptorsConfig) -> Box:
    """Return the box that the crop of a region has, inside the frame."""
    height, width = mask.shape
    side_px = (height + width) / 2
    eroded = _morph(cv2.MORPH_ERODE, mask, _ERODE_FRACTION * side_px)
    solid = eroded if eroded.any() else mask
    found = build_box(_morph(cv2.MORPH_DILATE, solid, _DILATE_FRACTION * side_px))
    assert found is not None
    x0, y0, x1, y1 = found
    margin_x, margin_y = config.margin_fraction * (x1 - x0), config.margin_fraction * (y1 - y0)
    return (
        max(0, round(x0 - margin_x)),
        max(0, round(y0 - margin_y)),
        min(width, round(x1 + margin_x)),
        min(height, round(y1 + margin_y)),
    )


def _morph(kind: int, mask: Bool[np.ndarray, "H W"], radius_px: float) -> Bool[np.ndarray, "H W"]:
    """Return the mask eroded or dilated by a square of that half side. Beyond the frame it continues as at the border."""
    radius = round(radius_px)
    if radius == 0:
        return mask
    kernel = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    return cv2.morphologyEx(mask.astype(np.uint8), kind, kernel, borderType=cv2.BORDER_REPLICATE).astype(bool)


def _resize_picture(image: UInt8[np.ndarray, "h w 3"], side_px: int) -> UInt8[np.ndarray, "s s 3"]:
    """Return the picture averaged over areas if it shrinks and bilinear if it grows, with half-pixel centres."""
    shrinks = image.shape[0] * image.shape[1] > side_px**2
    return cv2.resize(image, (side_px, side_px), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def _resize_mask(mask: Bool[np.ndarray, "h w"], side_px: int) -> Bool[np.ndarray, "s s"]:
    """Return the pixels of which the region has half or more, or if there is none, those of which it has the most."""
    shares = cv2.resize(mask.astype(np.float32), (side_px, side_px), interpolation=cv2.INTER_AREA)
    return shares >= min(0.5, float(shares.max()))
