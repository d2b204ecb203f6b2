"""Localization by boxes, which CorLoc counts: the box of a mask is compared with the true boxes."""

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Bool

Box = tuple[int, int, int, int]  # x0, y0, x1, y1, half-open, in pixels

_LEAST_IOU = 0.5  # PASCAL VOC's criterion, which CorLoc uses. Source: Deselaers, Alexe, Ferrari, IJCV 100(3), 2012


def build_largest_box(mask: Bool[np.ndarray, "H W"]) -> Box | None:
    """Return the box of the largest connected part of a mask (eight neighbours), or None for an empty mask.

    Source: Papazoglou and Ferrari, ICCV 2013, section 4, who turn masks into boxes for YouTube-Objects in this way.
    """
    num_parts, _, statistics, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if num_parts == 1:  # the background
        return None
    largest = statistics[1 + int(statistics[1:, cv2.CC_STAT_AREA].argmax())]
    x, y, width, height = (int(value) for value in largest[: cv2.CC_STAT_AREA])
    return x, y, x + width, y + height


def evaluate_box_iou(box: Box, truth: Box) -> float:
    """Return the intersection over union of the areas of two boxes, in [0, 1]."""
    width = min(box[2], truth[2]) - max(box[0], truth[0])
    height = min(box[3], truth[3]) - max(box[1], truth[1])
    shared = max(width, 0) * max(height, 0)
    union = _measure_area(box) + _measure_area(truth) - shared
    return shared / union if union else 0.0


def is_localized(box: Box | None, truths: Sequence[Box]) -> bool:
    """Return whether a box has an IoU of at least 0.5 with any true box. Without a box it is false."""
    return box is not None and any(evaluate_box_iou(box, truth) >= _LEAST_IOU for truth in truths)


def _measure_area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])
