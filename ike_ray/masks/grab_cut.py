"""GrabCut, which makes a rough mask again along its image's colours and edges."""

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

_NUM_ROUNDS = 2  # rounds of finding colour models and then labels; a third moves little
_LEAST_SAMPLES = 20  # a colour model, which has 5 components, needs this many pixels of the object and of the background


def refine_by_colour(
    image: UInt8[np.ndarray, "h w 3"],
    mask: Bool[np.ndarray, "h w"],
    is_background: Bool[np.ndarray, "h w"],
    is_object: Bool[np.ndarray, "h w"],
) -> Bool[np.ndarray, "h w"]:
    """Return the object's pixels. Their outline is the cheapest along edges between the colours inside and outside of `mask`.

    Pixels of `is_background` and `is_object` stay so, whatever their colour. If both say a pixel is theirs, the latter
    counts. With fewer than 20 pixels inside or outside there is no model of their colours, and `mask` is returned with the
    pixels that stay so.

    Source: Rother, Kolmogorov, Blake, SIGGRAPH 2004, by OpenCV. The answer is the same on any number of threads.
    """
    labels = np.where(mask, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[is_background] = cv2.GC_BGD
    labels[is_object] = cv2.GC_FGD
    start = _is_foreground(labels)
    if min(start.sum(), (~start).sum()) < _LEAST_SAMPLES:
        return start
    cv2.setRNGSeed(0)  # for this thread: the colour models start from k-means, which draws
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))  # a model has 5 weights, 5 means and 5 covariances
    found, _, _ = cv2.grabCut(image, labels, (0, 0, 0, 0), background, foreground, _NUM_ROUNDS, cv2.GC_INIT_WITH_MASK)
    return _is_foreground(found)


def _is_foreground(labels: UInt8[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    return (labels & 1).astype(bool)  # GC_FGD is 1 and GC_PR_FGD 3; background is even
