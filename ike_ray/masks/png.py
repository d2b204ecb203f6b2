"""Masks and soft masks as PNG bytes, and back."""

import io

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8
from PIL import Image

from ike_ray.errors import InputError


def build_mask_png(mask: Bool[np.ndarray, "H W"]) -> bytes:
    """PNG bytes of one channel: 255 for the object, 0 elsewhere."""
    return cv2.imencode(".png", mask.astype(np.uint8) * 255)[1].tobytes()


def build_objects_png(objects: UInt8[np.ndarray, "H W"]) -> bytes:
    """PNG bytes of one channel: the number of the object at each pixel, 0 elsewhere."""
    return cv2.imencode(".png", objects)[1].tobytes()


def build_palette_png(objects: UInt8[np.ndarray, "H W"]) -> bytes:
    """PNG bytes with a palette: the number of the object at each pixel, shown in the colours of PASCAL VOC and DAVIS."""
    image = Image.fromarray(objects)
    image.putpalette(_build_palette().tobytes())
    target = io.BytesIO()
    image.save(target, format="PNG")
    return target.getvalue()


def _build_palette() -> UInt8[np.ndarray, "256 3"]:
    """The colour of each number, black for 0. Bits 0, 3 and 6 of a number are the highest bits of its red, bits 1, 4 and 7
    of its green, bits 2 and 5 of its blue. Source: the development kit of PASCAL VOC (Everingham et al., IJCV 2010)."""
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little")
    values = [
        (bits[:, channel::3].astype(np.int64) << (7 - np.arange(bits[:, channel::3].shape[1]))).sum(1) for channel in range(3)
    ]
    return np.stack(values, axis=1).astype(np.uint8)


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
