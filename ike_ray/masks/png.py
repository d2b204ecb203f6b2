"""Masks and soft masks as PNG bytes, and back."""

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from ike_ray.errors import InputError


def build_mask_png(mask: Bool[np.ndarray, "H W"]) -> bytes:
    """PNG bytes of one channel: 255 for the object, 0 elsewhere."""
    return cv2.imencode(".png", mask.astype(np.uint8) * 255)[1].tobytes()


def build_objects_png(objects: UInt8[np.ndarray, "H W"]) -> bytes:
    """PNG bytes of one channel: the number of the object at each pixel, 0 elsewhere."""
    return cv2.imencode(".png", objects)[1].tobytes()


def build_soft_png(soft_mask: Float32[np.ndarray, "H W"]) -> bytes:
    """PNG bytes of one 16-bit channel: the value times 65535, rounded."""
    return cv2.imencode(".png", np.rint(soft_mask * 65535).astype(np.uint16))[1].tobytes()


def read_mask_png(data: bytes, source: str) -> Bool[np.ndarray, "H W"]:
    """The object of a mask PNG: every pixel that is not black, whatever the palette or the channels.

    Raises `InputError` naming `source` where `data` is not an image.
    """
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if image is None:
        raise InputError(f"cannot read {source}: expected a PNG mask, found {len(data)} bytes that are no image")
    colours = image[..., :3] if image.ndim == 3 else image[..., None]  # a fourth channel is opacity
    return np.any(colours > 0, axis=-1)
