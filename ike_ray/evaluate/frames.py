"""What a system wrote of one frame, as large as its truth."""

from typing import TypeVar

import cv2
import numpy as np
from jaxtyping import Bool

from ike_ray.datasets.sequence import AnnotatedSequence, TrueFrame
from ike_ray.errors import InputError

_Image = TypeVar("_Image", bound=np.ndarray)

# Sides of a frame and its smaller truth may be rounded by as much.
_ROUNDING_PX = 1.0


def complete_frame(found: _Image | None, empty: _Image, sequence: AnnotatedSequence, frame: TrueFrame) -> _Image:
    """What was found of a frame, or `empty`, which is as large as the truth, where nothing was.

    Raises `InputError` where it has another size than the truth.
    """
    if found is None:
        return empty
    if found.shape != empty.shape:
        raise InputError(
            f"the mask of {sequence.name}, frame {frame.name}, has {found.shape[0]} x {found.shape[1]} pixels, the truth "
            f"{empty.shape[0]} x {empty.shape[1]}. Write masks at the size of the dataset's frames"
        )
    return found


def complete_shrunk_mask(
    found: Bool[np.ndarray, "H W"] | None, empty: Bool[np.ndarray, "th tw"], sequence: AnnotatedSequence, frame: TrueFrame
) -> Bool[np.ndarray, "th tw"]:
    """Like `complete_frame`, for datasets some of whose truths are smaller than their frames.

    A mask is brought to the truth's size, by the nearest pixel, where both have the same aspect.
    """
    if found is not None and found.shape != empty.shape:
        (height, width), (true_height, true_width) = found.shape, empty.shape
        if abs(height * true_width / width - true_height) < _ROUNDING_PX:
            small = cv2.resize(found.astype(np.uint8), (true_width, true_height), interpolation=cv2.INTER_NEAREST)
            return small.astype(bool)
    return complete_frame(found, empty, sequence, frame)
