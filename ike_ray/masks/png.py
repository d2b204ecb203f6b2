"""Masks and soft masks as PNG bytes, and back."""

from io import BytesIO

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Float64, Shaped, UInt8, UInt16
from PIL import Image

from ike_ray.errors import InputError


def build_mask_png(mask: Bool[np.ndarray, "H W"]) -> bytes:
    """Return PNG bytes of one channel: 255 for the object, 0 elsewhere."""
    return cv2.imencode(".png", mask.astype(np.uint8) * 255)[1].tobytes()


def build_objects_png(objects: UInt8[np.ndarray, "H W"]) -> bytes:
    """Return PNG bytes of one channel: the number of the object at each pixel, 0 elsewhere."""
    return cv2.imencode(".png", objects)[1].tobytes()


def build_palette_png(objects: UInt8[np.ndarray, "H W"]) -> bytes:
    """Return PNG bytes with a palette: the number of the object at each pixel, in the colours of PASCAL VOC and DAVIS."""
    image = Image.fromarray(objects)
    image.putpalette(_build_palette().tobytes())
    target = BytesIO()
    image.save(target, format="PNG")
    return target.getvalue()


def _build_palette() -> UInt8[np.ndarray, "256 3"]:
    """Return the colour of each number, which is black for 0.

    Bits 0, 3 and 6 of a number are the highest bits of its red, bits 1, 4 and 7 those of its green, and bits 2 and 5 those of
    its blue. Source: the development kit of PASCAL VOC (Everingham et al., IJCV 2010).
    """
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little")
    values = [
        (bits[:, channel::3].astype(np.int64) << (7 - np.arange(bits[:, channel::3].shape[1]))).sum(1) for channel in range(3)
    ]
    return np.stack(values, axis=1).astype(np.uint8)


def build_soft_png(soft_mask: Float32[np.ndarray, "H W"]) -> bytes:
    """Return PNG bytes of one 16-bit channel: the value times 65535, rounded."""
    return cv2.imencode(".png", np.rint(soft_mask * 65535).astype(np.uint16))[1].tobytes()


def build_rgba_png(image: UInt8[np.ndarray, "H W 4"]) -> bytes:
    """Return PNG bytes of a picture with opacity."""
    return cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGBA2BGRA))[1].tobytes()


def read_mask_png(data: bytes, source: str) -> Bool[np.ndarray, "H W"]:
    """Return the object of a mask PNG: every pixel that is not black, whatever the palette or the channels.

    Raises `InputError` naming `source` if `data` is not an image.
    """
    return np.any(_drop_opacity(_read_image(data, source)) > 0, axis=-1)


def read_soft_png(data: bytes, source: str) -> Float64[np.ndarray, "H W"]:
    """Return the soft mask of a grey PNG of 8 or 16 bits: its values over the largest that it can hold, so in [0, 1].

    It has 64 bits, so that what is scored in 256 levels does not fall below one of them by rounding. In a picture in colour
    the brightest channel counts. Raises `InputError` like `read_mask_png`.
    """
    image = _read_image(data, source)
    largest = np.iinfo(image.dtype).max
    return _drop_opacity(image).max(axis=-1) / largest


def read_numbers_png(data: bytes, source: str) -> UInt8[np.ndarray, "H W"]:
    """Return the number that a PNG stores at each pixel: an index of its palette, or a grey value.

    Pillow reads it, since OpenCV gives the colour that the palette has for an index. Raises `InputError` naming `source` if
    `data` is no image, or an image in colour.
    """
    try:
        with Image.open(BytesIO(data)) as image:
            mode, numbers = image.mode, np.array(image)
    except (OSError, SyntaxError, ValueError) as error:  # Pillow's error for a broken PNG is a SyntaxError
        raise InputError(
            f"cannot read {source}: expected a PNG, found {len(data)} bytes that are no image. Write it again: {error}"
        ) from error
    if mode not in ("P", "L", "1"):
        raise InputError(
            f"cannot use {source}: expected a PNG with a palette or 8 bits of grey, whose values are numbers of objects or "
            f"clusters, found mode {mode}. Write it as such"
        )
    return numbers.astype(np.uint8)


def _read_image(data: bytes, source: str) -> UInt8[np.ndarray, "..."] | UInt16[np.ndarray, "..."]:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if image is None:
        raise InputError(
            f"cannot read {source}: expected a PNG mask, found {len(data)} bytes that are no image. Write it again"
        )
    return image


def _drop_opacity(image: Shaped[np.ndarray, "H W *c"]) -> Shaped[np.ndarray, "H W c"]:
    """Return the one channel of grey or the three of colour, without a last channel, which is opacity."""
    return image[..., :3] if image.ndim == 3 else image[..., None]
