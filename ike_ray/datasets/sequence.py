"""One annotated sequence of a dataset."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, UInt8

from ike_ray.datasets.truth import read_codes, read_grey
from ike_ray.errors import InputError
from ike_ray.masks.png import read_numbers_png
from ike_ray.storage.files import read_bytes

VOID = 255  # a pixel of which the truth does not say what it is

# grey      bright is object; with several files, each is one object
# numbers   the stored number is the object's, or its class; 255 is void
# codes     colours or greys that stand for objects, everything else is background
Encoding = Literal["grey", "numbers", "codes"]


@dataclass(frozen=True, kw_only=True)
class TrueFrame:
    """A frame that has a truth: masks, or boxes."""

    index: int  # position in the video, from 0; 0 for an image
    name: str  # stem of the frame's file, such as 00000, which other systems' masks carry too
    mask_uris: tuple[str, ...] = ()  # one file, or one for each object; empty where the truth is boxes
    threshold: int = 1  # with encoding grey: a value at or above it is object; 128 or so where edges are soft
    encoding: Encoding = "grey"
    codes: tuple[int, ...] = ()  # with encoding codes: of object 1, 2 and so on, as `truth.read_codes` has them
    boxes: tuple[tuple[int, int, int, int], ...] = ()  # (x0, y0, x1, y1), half-open, in pixels

    def read_mask(self) -> Bool[np.ndarray, "H W"]:
        """The true mask, all objects in one, without void. Raises `InputError` where a file is missing or no image."""
        labels = self.read_labels()
        return (labels != 0) & (labels != VOID)

    def read_labels(self) -> UInt8[np.ndarray, "H W"]:
        """Number or class of the object at each pixel, 0 for none, 255 for void. Raises `InputError` like `read_mask`.

        With one file for each object, the number is the position of the file, from 1; where two overlap, the last has it.
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

    name: str  # unique in the dataset, such as bear or aeroplane/0001
    frames_uri: str  # the folder of frames, or the image, that a system segments
    scored_frames: tuple[TrueFrame, ...]
    class_name: str | None = None  # where scores are averaged by class


def _paint(masks: list[Bool[np.ndarray, "H W"]], shape: tuple[int, ...]) -> UInt8[np.ndarray, "H W"]:
    """Each mask's position, from 1."""
    labels = np.zeros(shape, dtype=np.uint8)
    for number, mask in enumerate(masks, start=1):
        labels[mask] = number
    return labels
