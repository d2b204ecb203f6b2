"""One annotated sequence of a dataset."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from ike_ray.masks.png import read_mask_png
from ike_ray.storage.files import read_bytes


@dataclass(frozen=True, kw_only=True)
class TrueFrame:
    """A frame that has a true mask."""

    index: int  # position in the video, from 0
    name: str  # stem of the file, such as 00000, which other systems' masks carry too
    mask_uri: str

    def read_mask(self) -> Bool[np.ndarray, "H W"]:
        """The true mask. Raises `InputError` where the file is missing or no image."""
        return read_mask_png(read_bytes(self.mask_uri), self.mask_uri)


@dataclass(frozen=True, kw_only=True)
class AnnotatedSequence:
    """A sequence and the frames of it that count, in order."""

    name: str
    scored_frames: tuple[TrueFrame, ...]
