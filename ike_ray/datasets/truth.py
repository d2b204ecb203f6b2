"""Pixels of a truth file, in the encodings that datasets use."""

import cv2
import numpy as np
from jaxtyping import Int64, UInt8

from ike_ray.errors import InputError


def read_grey(data: bytes, source: str) -> UInt8[np.ndarray, "H W"]:
    """Return the brightest colour channel of each pixel, 0 to 255. Opacity does not count.

    Raises `InputError` naming `source` if `data` is no image, as every function here does.
    """
    image = _read_channels(data, source)
    return image if image.ndim == 2 else image[..., :3].max(axis=-1)


def read_codes(data: bytes, source: str) -> Int64[np.ndarray, "H W"]:
    """Return the colour of each pixel as one number, red * 65536 + green * 256 + blue, or the grey value of one channel."""
    image = _read_channels(data, source).astype(np.int64)
    if image.ndim == 2:
        return image
    blue, green, red = (image[..., channel] for channel in range(3))  # OpenCV's order
    return (red << 16) + (green << 8) + blue


def _read_channels(data: bytes, source: str) -> UInt8[np.ndarray, "..."]:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if image is None:
        raise InputError(f"cannot read {source}: expected an image, found {len(data)} bytes that are none. Extract it again")
    if image.dtype != np.uint8:
        raise InputError(
            f"cannot read {source}: expected 8 bits in each channel, found {image.dtype}. Check that it is the truth"
        )
    return image
