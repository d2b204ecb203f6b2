"""Masks at the video's own size, one frame at a time."""

from collections.abc import Iterator

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from ike_ray.config import RefineConfig
from ike_ray.records import FrameMask, SegmentedFrames
from ike_ray.refine.edges import snap_to_edges
from ike_ray.refine.object_numbers import resize_numbers


def refine_frames(segmented: SegmentedFrames, config: RefineConfig) -> Iterator[FrameMask]:
    """Yield the mask of each frame: where its soft mask, at the video's own size, is above the threshold.

    It holds one frame of that size at a time.
    """
    clip = segmented.clip
    for position, (soft_mask, threshold) in enumerate(zip(segmented.soft_masks, segmented.thresholds.tolist(), strict=True)):
        full_size = enlarge_soft_mask(soft_mask, clip.flow_frames[position], (clip.height, clip.width), config)
        mask = full_size > threshold
        yield FrameMask(
            frame_index=int(clip.frame_indices[position]),
            timestamp_s=float(clip.timestamps_s[position]),
            threshold=threshold,
            mask=mask,
            soft_mask=full_size,
            confidence=float(segmented.confidences[position]),
            objects=None if segmented.objects is None else resize_numbers(segmented.objects[position], mask),
        )


def enlarge_soft_mask(
    soft_mask: Float32[np.ndarray, "h w"],
    frame: UInt8[np.ndarray, "fh fw 3"],
    size: tuple[int, int],
    config: RefineConfig,
) -> Float32[np.ndarray, "H W"]:
    """Return the soft mask at `size` (height, width), in [0, 1], by way of the edges of `frame` if the settings say so.

    It is resized bilinearly with half-pixel centres.
    """
    height, width = size
    soft_mask = snap_to_edges(soft_mask, frame) if config.edges == "guided" else soft_mask
    return cv2.resize(soft_mask, (width, height), interpolation=cv2.INTER_LINEAR).clip(0, 1)
