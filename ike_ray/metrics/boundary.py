"""Boundary accuracy F: how well the outlines of two masks match."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool

# The tolerance of the match as a fraction of the image diagonal. Source: Perazzi et al., CVPR 2016, section 5.
_TOLERANCE_FRACTION = 0.008


@dataclass(frozen=True, kw_only=True)
class Boundary:
    """The outline of a mask, and the pixels within the tolerance of it."""

    outline: Bool[np.ndarray, "H W"]
    surroundings: Bool[np.ndarray, "H W"]
    length: int  # the number of pixels of the outline


def evaluate_boundary(mask: Bool[np.ndarray, "H W"], truth: Bool[np.ndarray, "H W"]) -> float:
    """Return F of two masks: see `compare_boundaries`."""
    return compare_boundaries(build_boundary(mask), build_boundary(truth))


def build_boundary(mask: Bool[np.ndarray, "H W"]) -> Boundary:
    """Return the boundary of a mask, to be made once for a mask that is compared with several others.

    The tolerance is a disk of ceil(0.008 * diagonal) pixels.
    """
    outline = build_outline(mask)
    length = int(np.count_nonzero(outline))
    radius_px = math.ceil(_TOLERANCE_FRACTION * math.hypot(*mask.shape))
    return Boundary(outline=outline, surroundings=_dilate(outline, radius_px) if length else outline, length=length)


def compare_boundaries(boundary: Boundary, truth: Boundary) -> float:
    """Return F = 2 P R / (P + R) of the two outlines, in [0, 1].

    P is the share of the outline that lies within the tolerance of the truth's, and R is the converse. F is 1 if both
    outlines are empty and 0 if one is.

    Source: Perazzi et al., CVPR 2016, section 5, contour accuracy.
    """
    if not boundary.length or not truth.length:
        return float(boundary.length == truth.length)
    precision = np.count_nonzero(boundary.outline & truth.surroundings) / boundary.length
    recall = np.count_nonzero(truth.outline & boundary.surroundings) / truth.length
    return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0


def build_outline(mask: Bool[np.ndarray, "H W"]) -> Bool[np.ndarray, "H W"]:
    """Return the pixels that differ from their right, lower or lower right neighbour. The image border is no outline."""
    padded = np.pad(mask, ((0, 1), (0, 1)), mode="edge")
    return (mask != padded[:-1, 1:]) | (mask != padded[1:, :-1]) | (mask != padded[1:, 1:])


def _dilate(outline: Bool[np.ndarray, "H W"], radius_px: int) -> Bool[np.ndarray, "H W"]:
    rows, columns = np.ogrid[-radius_px : radius_px + 1, -radius_px : radius_px + 1]
    disk = (rows**2 + columns**2 <= radius_px**2).astype(np.uint8)
    return cv2.dilate(outline.astype(np.uint8), disk).astype(bool)
