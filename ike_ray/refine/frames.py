"""Masks at the video's own size, one frame at a time."""

from collections.abc import Iterator

import cv2

from ike_ray.records import FrameMask, SegmentedPart
from ike_ray.refine.objects import resize_numbers


def refine_frames(part: SegmentedPart) -> Iterator[FrameMask]:
    """The mask of each frame of `part`: its soft mask at the video's own size, cut.

    Bilinear with half-pixel centres. Holds one frame of the video's size at a time.
    """
    clip = part.clip
    for position, (soft_mask, cut) in enumerate(zip(part.soft_masks, part.cuts.tolist(), strict=True)):
        full_size = cv2.resize(soft_mask, (clip.width, clip.height), interpolation=cv2.INTER_LINEAR).clip(0, 1)
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
