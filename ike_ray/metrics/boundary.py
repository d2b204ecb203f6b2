"""Boundary accuracy F: how well the outlines of two masks match."""

import math

import cv2
import numpy as np
from jaxtyping import Bool

# Tolerance of the match as a fraction of the image diagonal. Source: Perazzi et al., CVPR 2016, section 5.
_TOLERANCE_FRACTION = 0.008


def evaluate_boundary(mask: Bool[np.ndarray, "H W"], truth: Bool[np.ndarray, "H W"]) -> float:
    """F = 2 P R / (P + R) of the two outlines, in [0, 1].

    P is the share of the mask's outline that lies within the tolerance of the truth's, R the converse; the tolerance is a
    disk of ceil(0.008 * diagonal) pixels. Both outlines empty: 1; one empty: 0.

    Source: Perazzi et al., CVPR 2016, section 5, contour accuracy.
    """
    outline, true_outline = build_outline(mask), build_outline(truth)
    if not outline.any() or not true_outline.any():
        return float(outline.any() == true_outline.any())
    radius_px = math.ceil(_TOLERANCE_FRACTION * math.hypot(*mask.shape))
    precision = _dilate(true_outline, radius_px)[outline].mean()
    recall = _dilate(outline, radius_px)[true_outline].mean()
    return float(2 * precision * recall / (precision + recall)) if precision + recall > 0 else 0.0


def build_outline(mask: Bool[np.ndarray, "H W"]) -> Bool[np.ndarray, "H W"]:
    """Pixels that differ from their right, lower or lower right neighbour; the image border is no outline."""
    padded = np.pad(mask, ((0, 1), (0, 1)), mode="edge")
    return (mask != padded[:-1, 1:]) | (mask != padded[1:, :-1]) | (mask != padded[1:, 1:])


def _dilate(outline: Bool[np.ndarray, "H W"], radius_px: int) -> Bool[np.ndarray, "H W"]:
    rows, columns = np.ogrid[-radius_px : radius_px + 1, -radius_px : radius_px + 1]
    disk = (rows**2 + columns**2 <= radius_px**2).astype(np.uint8)
    return cv2.dilate(outline.astype(np.uint8), disk).astype(bool)
