"""Soft masks snapped to the object's colours and edges, frame by frame: GrabCut from three starting cuts, and their vote."""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from ike_ray.refine.cut import find_otsu_cuts, move_cut

# Share of the lower cut below which a pixel is background whatever its colour. At 0 the cut leaks into background of the
# object's colour, at 0.6 what the soft mask shows only faintly is lost.
_SURE_BACKGROUND_FRACTION = 0.3
# Of the way from the upper cut to 1: above it a pixel is object whatever its colour. Without such pixels a cut can lose the
# whole object of a frame (`dog-agility` fell from 0.61 to 0.17).
_SURE_OBJECT_FRACTION = 0.5
_NUM_ROUNDS = 2  # of colour models and cut; a third moves little
_LEAST_SAMPLES = 20  # object or background pixels without which there is no colour model (it has 5 components)


def sharpen_soft_masks(
    frames: UInt8[np.ndarray, "m h w 3"], soft_masks: Float32[np.ndarray, "m h w"]
) -> Float32[np.ndarray, "m h w"]:
    """The mean of the soft masks, moved so that 0.5 is Otsu's cut, and of the vote of three colour cuts.

    Each colour cut is GrabCut on one frame: Gaussian mixtures of the colours above and below a starting cut of the soft mask,
    then the cheapest cut through the frame's edges. The starting cuts are Otsu's, upper Otsu's and their mean, over the whole
    clip: the low one finds faint objects, the high one objects in front of a background that moves too, and the vote forgives
    the one that fails. A frame without object or background above the starting cut is cut there, without colours. A constant
    map says nothing and becomes 0.

    Source: Rother, Kolmogorov, Blake, SIGGRAPH 2004, by OpenCV. The same on any number of threads.
    """
    cuts = find_otsu_cuts(soft_masks)
    if cuts is None:
        return np.zeros_like(soft_masks)
    low, high = cuts

    def vote(frame: UInt8[np.ndarray, "h w 3"], soft_mask: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
        cuts = [_cut(frame, soft_mask, start, low, high) for start in (low, (low + high) / 2, high)]
        return np.stack(cuts).astype(np.float32).mean(axis=0)

    with ThreadPoolExecutor(max(1, cv2.getNumThreads())) as pool:
        votes = np.stack(list(pool.map(vote, frames, soft_masks)))
    return (votes + move_cut(soft_masks, low, 0.5)) / 2


def _cut(
    frame: UInt8[np.ndarray, "h w 3"], soft_mask: Float32[np.ndarray, "h w"], start: float, low: float, high: float
) -> Bool[np.ndarray, "h w"]:
    """The object's pixels of one colour cut."""
    labels = np.where(soft_mask > start, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[soft_mask < _SURE_BACKGROUND_FRACTION * low] = cv2.GC_BGD
    labels[soft_mask > high + _SURE_OBJECT_FRACTION * (1 - high)] = cv2.GC_FGD
    is_object = _is_object(labels)
    if min(is_object.sum(), (~is_object).sum()) < _LEAST_SAMPLES:
        return is_object
    cv2.setRNGSeed(0)  # this thread's: colour models start from k-means, which draws
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))  # of a model: 5 weights, 5 means, 5 covariances
    cut, _, _ = cv2.grabCut(frame, labels, (0, 0, 0, 0), background, foreground, _NUM_ROUNDS, cv2.GC_INIT_WITH_MASK)
    return _is_object(cut)


def _is_object(labels: UInt8[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    return (labels & 1).astype(bool)  # GC_FGD is 1 and GC_PR_FGD 3; background is even
