"""Frames with their mask painted over them."""

from collections.abc import Mapping

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

# The colours of object 1, 2 and so on, which then repeat. Orange is first: grass, sky, skin and asphalt seldom have it.
_COLOURS = np.array(
    [
        [255, 120, 0],
        [0, 190, 255],
        [230, 60, 200],
        [120, 220, 40],
        [255, 215, 0],
        [90, 90, 255],
        [255, 80, 80],
        [0, 200, 150],
    ],
    dtype=np.float32,
)
# Under this opacity the object keeps most of its own look.
_OPACITY = 0.45


def render_overlay(
    frame: UInt8[np.ndarray, "H W 3"], masks: Mapping[int, Bool[np.ndarray, "H W"]]
) -> UInt8[np.ndarray, "H W 3"]:
    """Return the frame with the mask of each object tinted and outlined, in a colour that goes with its number, from 1."""
    tinted = frame.copy()
    width_px = max(1, round(min(frame.shape[:2]) / 240))
    for number, mask in masks.items():
        colour = np.array(list_colour(number), np.float32)
        tinted[mask] = ((1 - _OPACITY) * frame[mask] + _OPACITY * colour).astype(np.uint8)
        outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(tinted, outlines, -1, colour.tolist(), width_px)
    return tinted


def list_masks(mask: Bool[np.ndarray, "H W"], numbers: UInt8[np.ndarray, "H W"] | None) -> dict[int, Bool[np.ndarray, "H W"]]:
    """Return the mask of each object by its number. Without numbers the whole mask is object 1."""
    if numbers is None:
        return {1: mask}
    return {int(number): numbers == number for number in np.unique(numbers) if number}


def list_colour(number: int) -> list[float]:
    """Return red, green and blue of the colour that goes with a number, from 1."""
    return _COLOURS[(number - 1) % len(_COLOURS)].tolist()
