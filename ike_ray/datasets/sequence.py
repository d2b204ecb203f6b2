"""One annotated sequence of a dataset."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, UInt8

from ike_ray.datasets.truth import read_codes, read_grey
from ike_ray.errors import InputError
from ike_ray.masks.png import read_numbers_png
from ike_ray.storage.files import read_bytes

VOID = 255  # the truth does not say what a pixel with this value is

# grey      Bright pixels are object. With several files, each is one object.
# numbers   The stored number is the object's, or its class, and 255 is void.
# codes     Colours or greys stand for objects, and everything else is background.
Encoding = Literal["grey", "numbers", "codes"]


@dataclass(frozen=True, kw_only=True)
class TrueFrame:
    """A frame that has a truth, which is masks or boxes."""

    index: int  # the position in the video, from 0; 0 for an image
    name: str  # the stem of the frame's file, such as 00000, which other systems' masks carry too
    mask_uris: tuple[str, ...] = ()  # one file, or one for each object; empty if the truth is boxes
    threshold: int = 1  # with encoding grey, a value from this on is object; 128 or so if edges are soft
    encoding: Encoding = "grey"
    codes: tuple[int, ...] = ()  # with encoding codes, those of object 1, 2 and so on, as `truth.read_codes` has them
    boxes: tuple[tuple[int, int, int, int], ...] = ()  # (x0, y0, x1, y1), half-open, in pixels

    def read_mask(self) -> Bool[np.ndarray, "H W"]:
        """Return the true mask, all objects in one, without void. Raises `InputError` for a missing or unreadable file."""
        labels = self.read_labels()
        return (labels != 0) & (labels != VOID)

    def read_labels(self) -> UInt8[np.ndarray, "H W"]:
        """Return the number or class of the object at each pixel, or 0 for none and 255 for void.

        With one file for each object, the number is the position of the file, from 1. If two overlap, the last has the pixel.
        Raises `InputError` like `read_mask`.
        """
        match self.encoding:
            case "numbers":
                return read_numbers_png(read_bytes(self.mask_uris[0]), self.mask_uris[0])
            case "codes":
                codes = read_codes(read_bytes(self.mask_uris[0]), self.mask_uris[0])
                return _paint([codes == code for code in self.codes], codes.shape)
            case "grey":
                masks = [read_grey(read_bytes(uri), uri) >= self.threshold for uri in self.mask_uris]
                for uri, mask in zip(self.mask_uris, masks, strict=True):
                    if mask.shape != masks[0].shape:
                        raise InputError(
                            f"cannot use {uri}: expected {masks[0].shape[0]} x {masks[0].shape[1]} pixels like "
                            f"{self.mask_uris[0]}, found {mask.shape[0]} x {mask.shape[1]}. Extract the dataset again"
                        )
                return _paint(masks, masks[0].shape)


@dataclass(frozen=True, kw_only=True)
class AnnotatedSequence:
    """A video, or an image, and the frames of it that count, in order."""

    name: str  # a name that is unique in the dataset, such as bear or aeroplane/0001
    frames_uri: str  # the folder of frames, or the image, that a system segments
    scored_frames: tuple[TrueFrame, ...]
    class_name: str | None = None  # the class, if scores are averaged by class


def _paint(masks: list[Bool[np.ndarray, "H W"]], shape: tuple[int, ...]) -> UInt8[np.ndarray, "H W"]:
    """Return each mask's position, from 1, at its pixels."""
    labels = np.zeros(shape, dtype=np.uint8)
    for number, mask in enumerate(masks, start=1):
        labels[mask] = number
    return labels
