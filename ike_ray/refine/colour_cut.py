"""Soft masks snapped to the object's colours and edges, frame by frame: GrabCut from three starting cuts, and their vote."""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from ike_ray.config import RefineConfig
from ike_ray.masks.colour_cut import refine_by_colour
from ike_ray.refine.cut import find_otsu_cuts, move_cut
from ike_ray.video.clip import choose_size, resize_frame

# Share of the lower cut below which a pixel is background whatever its colour. At 0 the cut leaks into background of the
# object's colour, at 0.6 what the soft mask shows only faintly is lost.
_SURE_BACKGROUND_FRACTION = 0.3
# Of the way from the upper cut to 1: above it a pixel is object whatever its colour. Without such pixels a cut can lose the
# whole object of a frame (`dog-agility` fell from 0.61 to 0.17).
_SURE_OBJECT_FRACTION = 0.5

# Working sizes are rounded: up to this multiple of the area, shrinking would blur and save nothing.
_LEAST_SHRINKING = 1.25


def sharpen_soft_masks(
    frames: UInt8[np.ndarray, "m h w 3"], soft_masks: Float32[np.ndarray, "m h w"], config: RefineConfig
) -> Float32[np.ndarray, "m h w"]:
    """The mean of the soft masks, moved so that 0.5 is Otsu's cut, and of the vote of three colour cuts.

    Each colour cut is GrabCut on one frame of at most about `config.sharpen_area_px` pixels: Gaussian mixtures of the colours
    above and below a starting cut of the soft mask, then the cheapest cut through the frame's edges. The starting cuts are
    Otsu's, upper Otsu's and their mean, over the whole clip: the low one finds faint objects, the high one objects in front
    of a background that moves too, and the vote forgives the one that fails. A frame without object or background above the
    starting cut is cut there, without colours. A constant map says nothing and becomes 0. Votes of smaller frames are resized
    back, bilinear with half-pixel centres.

    Source: Rother, Kolmogorov, Blake, SIGGRAPH 2004, by OpenCV. The same on any number of threads.
    """
    cuts = find_otsu_cuts(soft_masks)
    if cuts is None:
        return np.zeros_like(soft_masks)
    low, high = cuts

    height, width = soft_masks.shape[1:]
    size = _choose_cut_size(height, width, config)

    def vote(frame: UInt8[np.ndarray, "h w 3"], soft_mask: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
        if size != (height, width):
            frame, soft_mask = resize_frame(frame, *size), cv2.resize(soft_mask, size[::-1], interpolation=cv2.INTER_AREA)
        cuts = [_cut(frame, soft_mask, start, low, high) for start in (low, (low + high) / 2, high)]
        mean = np.stack(cuts).astype(np.float32).mean(axis=0)
        return cv2.resize(mean, (width, height), interpolation=cv2.INTER_LINEAR)

    with ThreadPoolExecutor(max(1, cv2.getNumThreads())) as pool:
        votes = np.stack(list(pool.map(vote, frames, soft_masks)))
    return (votes + move_cut(soft_masks, low, 0.5)) / 2


def _choose_cut_size(height: int, width: int, config: RefineConfig) -> tuple[int, int]:
    if config.sharpen_area_px is None or height * width <= _LEAST_SHRINKING * config.sharpen_area_px:
        return height, width
    return choose_size(height, width, config.sharpen_area_px)


def _cut(
    frame: UInt8[np.ndarray, "h w 3"], soft_mask: Float32[np.ndarray, "h w"], start: float, low: float, high: float
) -> Bool[np.ndarray, "h w"]:
    """The object's pixels of one colour cut."""
    is_background = soft_mask < _SURE_BACKGROUND_FRACTION * low
    is_object = soft_mask > high + _SURE_OBJECT_FRACTION * (1 - high)
    return refine_by_colour(frame, soft_mask > start, is_background, is_object)
