"""Pixels of a truth file, in the encodings that datasets use."""

from io import BytesIO

import cv2
import numpy as np
from jaxtyping import Int64, UInt8
from PIL import Image

from ike_ray.errors import InputError


def read_grey(data: bytes, source: str) -> UInt8[np.ndarray, "H W"]:
    """The brightest colour channel of each pixel, 0 to 255; opacity does not count.

    Raises `InputError` naming `source` where `data` is no image, as all here do.
    """
    image = _read_channels(data, source)
    return image if image.ndim == 2 else image[..., :3].max(axis=-1)


def read_codes(data: bytes, source: str) -> Int64[np.ndarray, "H W"]:
    """The colour of each pixel as one number, red * 65536 + green * 256 + blue; the grey value where there is one channel."""
    image = _read_channels(data, source).astype(np.int64)
    if image.ndim == 2:
        return image
    blue, green, red = (image[..., channel] for channel in range(3))  # OpenCV's order
    return (red << 16) + (green << 8) + blue


def read_numbers(data: bytes, source: str) -> UInt8[np.ndarray, "H W"]:
    """The number that the file stores at each pixel: an index of its palette, or a grey value.

    Pillow reads it, since OpenCV turns an index into the colour that the palette has there.
    """
    try:
        with Image.open(BytesIO(data)) as image:
            mode, numbers = image.mode, np.array(image)
    except (OSError, SyntaxError, ValueError) as error:  # a broken PNG is a SyntaxError to Pillow
        raise InputError(f"cannot read {source}: expected an image, found {len(data)} other bytes. {error}") from error
    if mode not in ("P", "L"):
        raise InputError(f"cannot read {source}: expected a palette or 8-bit grey image, found mode {mode}. Is it the truth?")
    return numbers


def _read_channels(data: bytes, source: str) -> UInt8[np.ndarray, "..."]:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if image is None:
        raise InputError(f"cannot read {source}: expected an image, found {len(data)} bytes that are none. Extract it again")
    if image.dtype != np.uint8:
        raise InputError(f"cannot read {source}: expected 8 bits a channel, found {image.dtype}. Is it the truth?")
    return image
