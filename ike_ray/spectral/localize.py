"""The box of an object: around the largest connected part of its side."""

import cv2
import numpy as np
from jaxtyping import Bool

from ike_ray.masks.box import build_box


def localize_box(side: Bool[np.ndarray, "h w"], height: int, width: int) -> tuple[int, int, int, int] | None:
    """Return (x0, y0, x1, y1), half-open, in pixels of the image of `height` x `width` that `side` covers. An empty side has
    no box.

    It is the smallest box with all pixels of the largest component of `side`, and of the first one if several are as large.
    Pixels that touch at a corner are connected. Source: Melas-Kyriazi et al., CVPR 2022, on object localisation.
    """
    box = build_box(keep_largest(side))
    if box is None:
        return None
    rows, columns = side.shape
    x0, y0, x1, y1 = box
    return x0 * width // columns, y0 * height // rows, -(-x1 * width // columns), -(-y1 * height // rows)


def keep_largest(mask: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """Return the largest connected component of `mask`. It is empty if the mask is."""
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    areas = statistics[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0  # the background
    return labels == areas.argmax() if areas.any() else mask


def list_border(values: np.ndarray) -> np.ndarray:
    """Return the values along the border of a map, each once."""
    is_border = np.ones(values.shape, bool)
    is_border[1:-1, 1:-1] = False
    return values[is_border]
