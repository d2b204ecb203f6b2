"""Frames with their mask painted over."""

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

# Orange: seldom the colour of grass, sky, skin or asphalt. The object keeps most of its own look under it.
_COLOUR = np.array([255, 120, 0], dtype=np.float32)
_OPACITY = 0.45
_STRIP_HEIGHT_PX = 160
_WIDEST_TILE_PX = 640  # JPEG ends at 65,500 pixels, and a strip has up to 64 tiles


def render_overlay(frame: UInt8[np.ndarray, "H W 3"], mask: Bool[np.ndarray, "H W"]) -> UInt8[np.ndarray, "H W 3"]:
    """The frame with the mask tinted and outlined."""
    tinted = frame.copy()
    tinted[mask] = ((1 - _OPACITY) * frame[mask] + _OPACITY * _COLOUR).astype(np.uint8)
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    width_px = max(1, round(min(mask.shape) / 240))
    return cv2.drawContours(tinted, outlines, -1, _COLOUR.tolist(), width_px)


def render_tile(frame: UInt8[np.ndarray, "H W 3"], mask: Bool[np.ndarray, "H W"]) -> UInt8[np.ndarray, "tile_h tile_w 3"]:
    """An overlay at the height of a strip."""
    height, width = frame.shape[:2]
    tile_width = min(max(1, round(width * _STRIP_HEIGHT_PX / height)), _WIDEST_TILE_PX)
    size = (tile_width, _STRIP_HEIGHT_PX)
    small_mask = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST).astype(bool)
    return render_overlay(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), small_mask)


def build_strip_jpeg(tiles: list[UInt8[np.ndarray, "tile_h tile_w 3"]]) -> bytes:
    """Tiles side by side as JPEG bytes."""
    strip = cv2.cvtColor(np.concatenate(tiles, axis=1), cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", strip, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
