"""A rough mask, made anew along its image's colours and edges: GrabCut."""

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

_NUM_ROUNDS = 2  # of colour models and labels; a third moves little
_LEAST_SAMPLES = 20  # object or background pixels without which there is no colour model (it has 5 components)


def refine_by_colour(
    image: UInt8[np.ndarray, "h w 3"],
    mask: Bool[np.ndarray, "h w"],
    is_background: Bool[np.ndarray, "h w"],
    is_object: Bool[np.ndarray, "h w"],
) -> Bool[np.ndarray, "h w"]:
    """Return the object's pixels: their outline is the cheapest along edges between the colours inside and outside of `mask`.

    What `is_background` or `is_object` stays so, whatever its colour; the latter counts where both are said. With fewer than
    20 pixels inside or outside there is no model of their colours, and `mask` is returned, with what stays so.

    Source: Rother, Kolmogorov, Blake, SIGGRAPH 2004, by OpenCV. The same on any number of threads.
    """
    labels = np.where(mask, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[is_background] = cv2.GC_BGD
    labels[is_object] = cv2.GC_FGD
    start = _is_foreground(labels)
    if min(start.sum(), (~start).sum()) < _LEAST_SAMPLES:
        return start
    cv2.setRNGSeed(0)  # this thread's: colour models start from k-means, which draws
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))  # of a model: 5 weights, 5 means, 5 covariances
    found, _, _ = cv2.grabCut(image, labels, (0, 0, 0, 0), background, foreground, _NUM_ROUNDS, cv2.GC_INIT_WITH_MASK)
    return _is_foreground(found)


def _is_foreground(labels: UInt8[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    return (labels & 1).astype(bool)  # GC_FGD is 1 and GC_PR_FGD 3; background is even
