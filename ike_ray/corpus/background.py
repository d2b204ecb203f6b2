"""What cut-out objects are put before."""

import re

import numpy as np
from jaxtyping import UInt8

from ike_ray.config import VideoConfig
from ike_ray.errors import ConfigError, InputError
from ike_ray.storage.files import read_bytes
from ike_ray.video.image_file import decode_image

_COLOUR = re.compile(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")


def read_background(background: str | None) -> UInt8[np.ndarray, "H W 3"] | None:
    """The picture at a path or URI, or one pixel of a colour such as #00b140; None for none.

    Raises `ConfigError` where it is neither.
    """
    if background is None:
        return None
    colour = _COLOUR.fullmatch(background)
    if colour:
        return np.array([[[int(part, 16) for part in colour.groups()]]], np.uint8)
    try:
        return decode_image(read_bytes(background), background, VideoConfig().max_image_px)
    except InputError as error:
        raise ConfigError(f"cannot use output.composite: expected a colour such as #00b140, or an image. {error}") from error
