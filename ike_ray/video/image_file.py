"""Still images: their size, which is read without their pixels, and their pixels."""

from io import BytesIO

import cv2
import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageCms, ImageOps

from ike_ray.errors import ExcludedError, InputError
from ike_ray.storage.files import strip_query

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".ppm", ".tif", ".tiff")
# Pillow's names of what a file may hold, whatever the file is called. Pillow knows others that run a program (EPS) or that
# hardly anybody has tried to break.
_FORMATS = ("JPEG", "PNG", "BMP", "DIB", "WEBP", "PPM", "TIFF", "GIF", "AVIF", "JPEG2000")


def is_image_name(uri: str) -> bool:
    """Return whether the name ends as an image's does."""
    return strip_query(uri).lower().endswith(IMAGE_SUFFIXES)


def read_image_size(data: bytes, uri: str, max_px: int) -> tuple[int, int]:
    """Return height and width as they are stored, from the header alone.

    Raises `InputError` if `data` is no image. Raises `ExcludedError` if it has more than `max_px` pixels, since a file of
    some kilobytes may decode to gigabytes.
    """
    image = _open(data, uri, max_px)
    if image.width * image.height > max_px:
        raise _build_too_large(uri, f"{image.width} x {image.height} pixels are", max_px)
    return image.height, image.width


def decode_image(data: bytes, uri: str, max_px: int) -> UInt8[np.ndarray, "H W 3"]:
    """Return the image, upright as its EXIF orientation says. Transparent parts are shown over white. Messages name `uri`.

    Raises `InputError` and `ExcludedError` like `read_image_size`.
    """
    read_image_size(data, uri, max_px)
    opened = _open(data, uri, max_px)
    if opened.has_transparency_data:
        return _decode_transparent(data, uri, max_px)
    if opened.mode == "LAB":  # OpenCV takes its three channels for red, green and blue
        return _decode_lab(opened, uri)
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    except cv2.error:
        image = None
    if image is None or image.dtype != np.uint8 or image.ndim != 3:  # OpenCV returns a map of floats as it is
        raise _build_broken(uri, f"{len(data)} bytes that break off or are of another kind")
    return image


def _decode_transparent(data: bytes, uri: str, max_px: int) -> UInt8[np.ndarray, "H W 3"]:
    try:
        image = ImageOps.exif_transpose(_open(data, uri, max_px)).convert("RGBA")
    except (OSError, SyntaxError, ValueError) as error:
        raise _build_broken(uri, str(error)) from error
    white = Image.new("RGBA", image.size, "white")
    return np.array(Image.alpha_composite(white, image).convert("RGB"))


def _decode_lab(image: Image.Image, uri: str) -> UInt8[np.ndarray, "H W 3"]:
    """Return an image in CIE L*a*b* of the white D50, as TIFF defines it, in sRGB."""
    profiles = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    try:
        return np.array(ImageCms.profileToProfile(ImageOps.exif_transpose(image), *profiles, outputMode="RGB"))
    except (OSError, SyntaxError, ValueError, ImageCms.PyCMSError) as error:
        raise _build_broken(uri, str(error)) from error


def _open(data: bytes, uri: str, max_px: int) -> Image.Image:
    Image.init()  # loads the formats that this Pillow was built with
    try:
        return Image.open(BytesIO(data), formats=[name for name in _FORMATS if name in Image.OPEN])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _build_too_large(uri, "its pixels are", max_px) from error
    except (OSError, SyntaxError, ValueError) as error:  # Pillow's error for a broken PNG is a SyntaxError
        raise _build_broken(uri, f"{len(data)} other or broken bytes") from error


def _build_broken(uri: str, found: str) -> InputError:
    return InputError(f"cannot read {uri}: expected an image, found {found}. Remove or replace it")


def _build_too_large(uri: str, found: str, max_px: int) -> ExcludedError:
    return ExcludedError(
        f"skipped {uri}: {found} more than video.max_image_px = {max_px}. Raise that setting if the workers have memory for "
        "it, or make the image smaller"
    )
