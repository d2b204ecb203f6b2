"""Masks at the video's own size, one frame at a time."""

from collections.abc import Iterator

import cv2

from ike_ray.records import FrameMask, SegmentedPart


def refine_frames(part: SegmentedPart) -> Iterator[FrameMask]:
    """The mask of each frame of `part`: its soft mask at the video's own size, cut.

    Bilinear with half-pixel centres. Holds one frame of the video's size at a time.
    """
    clip = part.clip
    for soft_mask, cut, index, timestamp_s in zip(
        part.soft_masks, part.cuts.tolist(), clip.frame_indices.tolist(), clip.timestamps_s.tolist(), strict=True
    ):
        full_size = cv2.resize(soft_mask, (clip.width, clip.height), interpolation=cv2.INTER_LINEAR).clip(0, 1)
        yield FrameMask(frame_index=index, timestamp_s=timestamp_s, cut=cut, mask=full_size > cut, soft_mask=full_size)
