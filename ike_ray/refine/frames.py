"""Masks at the video's own size, one frame at a time."""

from collections.abc import Iterator

import cv2
import numpy as np
from jaxtyping import Float32

from ike_ray.records import Clip, FrameMask


def refine_frames(soft_masks: Float32[np.ndarray, "m h w"], cut: float, clip: Clip) -> Iterator[FrameMask]:
    """The mask of each frame of `clip`: its soft mask at the video's own size, cut.

    Bilinear with half-pixel centres. Holds one frame of the video's size at a time.
    """
    for soft_mask, index, timestamp_s in zip(soft_masks, clip.frame_indices, clip.timestamps_s, strict=True):
        full_size = cv2.resize(soft_mask, (clip.width, clip.height), interpolation=cv2.INTER_LINEAR).clip(0, 1)
        yield FrameMask(frame_index=int(index), timestamp_s=float(timestamp_s), mask=full_size > cut, soft_mask=full_size)
