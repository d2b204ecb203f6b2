"""The pictures that masks belong to."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from jaxtyping import UInt8

from ike_ray.config import VideoConfig
from ike_ray.errors import InputError
from ike_ray.export.names import build_gone_message
from ike_ray.masks.overlay import render_overlay
from ike_ray.records import VideoRef
from ike_ray.run.objects import Row, read_object_masks
from ike_ray.run.segmented import SegmentedVideo
from ike_ray.storage.files import is_file, is_folder
from ike_ray.video.open import open_video
from ike_ray.video.stage import stage_video


def read_pictures(video: SegmentedVideo) -> Iterator[tuple[UInt8[np.ndarray, "H W 3"], Row]]:
    """Yield each segmented frame with its row, in order, with one frame in memory.

    Raises `InputError` if the video has gone, has other frames than when it was segmented, or can no longer be read.
    """
    rows = {row["frame_index"]: row for row in video.rows}
    num_read = 0
    with open_staged(video) as uri, open_video(uri, select_frames(video)) as reader:
        for frame in reader:
            if frame.image.shape[:2] != (video.height, video.width):
                raise InputError(
                    f"the video {video.video_id} has changed: its masks have {video.height} x {video.width} pixels, frames "
                    f"of {video.uri} have {frame.image.shape[0]} x {frame.image.shape[1]}. Segment it again into a new folder"
                )
            num_read += 1
            yield frame.image, rows[frame.index]
    if num_read < len(rows):
        raise InputError(
            f"the video {video.video_id} has changed: {len(rows)} of its frames have a mask, and {num_read} of them could be "
            f"read from {video.uri}. Segment it again into a new folder"
        )


@contextmanager
def open_staged(video: SegmentedVideo) -> Iterator[str]:
    """Yield the place of the video, or of a copy on the local disk for as long as it is needed.

    Raises `InputError` if the video has gone.
    """
    if not is_file(video.uri) and not is_folder(video.uri):
        raise InputError(build_gone_message(video))
    ref = VideoRef(video_id=video.video_id, uri=video.uri)
    with stage_video(ref, VideoConfig(max_staged_gb=math.inf)) as staged:
        yield staged.uri


def read_overlays(video: SegmentedVideo) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
    """Yield each segmented frame with the masks of its objects painted over. Raises like `read_pictures`."""
    for image, row in read_pictures(video):
        yield render_overlay(image, read_object_masks(row))


def select_frames(video: SegmentedVideo) -> VideoConfig:
    """Return the settings that select the frames that have masks, which lie at equal distances."""
    indices = [row["frame_index"] for row in video.rows]
    stride = indices[1] - indices[0] if len(indices) > 1 else 1
    return VideoConfig(start_frame=indices[0], stop_frame=indices[-1] + 1, stride=stride)


def shown_fps(video: SegmentedVideo) -> float | None:
    """Return the frame rate at which the segmented frames show the video at its own speed, or None if it states none."""
    return video.fps / select_frames(video).stride if video.fps else None
