"""Masks at the video's own size, one frame at a time."""

from collections.abc import Iterator

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from ike_ray.config import RefineConfig
from ike_ray.records import FrameMask, SegmentedPart
from ike_ray.refine.edges import snap_to_edges
from ike_ray.refine.objects import resize_numbers


def refine_frames(part: SegmentedPart, config: RefineConfig) -> Iterator[FrameMask]:
    """The mask of each frame of `part`: its soft mask at the video's own size, cut. Holds one frame of that size."""
    clip = part.clip
    for position, (soft_mask, cut) in enumerate(zip(part.soft_masks, part.cuts.tolist(), strict=True)):
        full_size = enlarge_soft_mask(soft_mask, clip.flow_frames[position], (clip.height, clip.width), config)
        mask = full_size > cut
        yield FrameMask(
            frame_index=int(clip.frame_indices[position]),
            timestamp_s=float(clip.timestamps_s[position]),
            cut=cut,
            mask=mask,
            soft_mask=full_size,
            confidence=float(part.confidences[position]),
            objects=None if part.objects is None else resize_numbers(part.objects[position], mask),
        )


def enlarge_soft_mask(
    soft_mask: Float32[np.ndarray, "h w"],
    frame: UInt8[np.ndarray, "fh fw 3"],
    size: tuple[int, int],
    config: RefineConfig,
) -> Float32[np.ndarray, "H W"]:
    """The soft mask at `size` (height, width), in [0, 1], by way of the edges of `frame` where the settings say so.

    Bilinear with half-pixel centres.
    """
    height, width = size
    soft_mask = snap_to_edges(soft_mask, frame, config) if config.edges == "guided" else soft_mask
    return cv2.resize(soft_mask, (width, height), interpolation=cv2.INTER_LINEAR).clip(0, 1)
