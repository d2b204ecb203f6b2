"""Frames at the working size, one at a time or as a clip."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import UInt8

from ike_ray.config import VideoConfig
from ike_ray.errors import ExcludedError, InputError
from ike_ray.records import Clip
from ike_ray.video.open import VideoReader, open_video

# The network halves the frame up to four times. Sides that are multiples of 16 lose no row or column on the way.
_SIDE_MULTIPLE_PX = 16
_SHORTEST_SIDE_PX = 32


@dataclass(frozen=True, kw_only=True)
class WorkingFrame:
    """One frame at the working size and at the larger size for flow and edges. The two may be one array."""

    index: int  # the position in the video, from 0
    timestamp_s: float
    image: UInt8[np.ndarray, "h w 3"]
    flow_image: UInt8[np.ndarray, "fh fw 3"]
    height: int  # the video's own height, upright
    width: int


def read_frames(reader: VideoReader, config: VideoConfig) -> Iterator[WorkingFrame]:
    """Yield the frames of an open video at the working size. Raises `InputError` if one is unreadable or there is none."""
    is_empty = True
    for frame in reader:
        is_empty = False
        height, width = frame.image.shape[:2]
        image = resize_frame(frame.image, *working_size_px(height, width, config))
        size = flow_size_px(height, width, config)
        yield WorkingFrame(
            index=frame.index,
            timestamp_s=frame.timestamp_s,
            image=image,
            flow_image=image if size == image.shape[:2] else resize_frame(frame.image, *size),
            height=height,
            width=width,
        )
    if is_empty:
        raise InputError(build_empty_message(reader.uri, config))


def build_empty_message(uri: str, config: VideoConfig) -> str:
    """Return what to say of a video that has no frame in the range of the settings."""
    return (
        f"cannot use {uri}: expected frames in the range {config.start_frame} to "
        f"{config.stop_frame or 'the end'}, found none. The video is shorter: change video.start_frame and "
        "video.stop_frame"
    )


def build_clip(frames: Sequence[WorkingFrame], reader: VideoReader) -> Clip:
    """Return the clip of one or more neighbouring frames of `reader`'s video, with what is known of the video by then."""
    return Clip(
        frames=np.stack([frame.image for frame in frames]),
        flow_frames=np.stack([frame.flow_image for frame in frames]),
        frame_indices=np.array([frame.index for frame in frames], dtype=np.int64),
        timestamps_s=np.array([frame.timestamp_s for frame in frames]),
        height=frames[0].height,
        width=frames[0].width,
        fps=reader.fps,
        warning=reader.warning,
    )


def read_clip(uri: str, config: VideoConfig) -> Clip:
    """Return all selected frames of a video as one clip, for videos that are known to be short. Raises like `read_frames`."""
    with open_video(uri, config) as reader:
        return build_clip(list(read_frames(reader, config)), reader)


def refuse_long_video(uri: str, config: VideoConfig) -> None:
    """Raise `ExcludedError` if more than `config.max_frames` are selected. This decodes as many frames once."""
    if config.max_frames is None:
        return
    with open_video(uri, config) as reader:
        for count, _ in enumerate(reader, start=1):
            if count > config.max_frames:
                raise ExcludedError(
                    f"skipped {uri}: it has more than video.max_frames = {config.max_frames} frames. "
                    "Raise that setting (time grows with it), or set video.stride or video.stop_frame"
                )


def working_size_px(height: int, width: int, config: VideoConfig) -> tuple[int, int]:
    """Return the height and width that the method works at: those set, or about the area set, in steps of 16."""
    if config.working_size_px is not None:
        return config.working_size_px
    return choose_size(height, width, config.working_area_px)


def flow_size_px(height: int, width: int, config: VideoConfig) -> tuple[int, int]:
    """Return the size of the frames for flow and edges, no larger than the video and no smaller than the working size."""
    working = working_size_px(height, width, config)
    area_px = min(config.flow_area_px or 0, height * width)
    return choose_size(height, width, area_px) if area_px > working[0] * working[1] else working


def choose_size(height: int, width: int, area_px: int) -> tuple[int, int]:
    """Return height and width of about that many pixels at about the same aspect, in steps of 16."""
    scale = math.sqrt(area_px / (height * width))

    def side(length: int) -> int:
        return max(_SHORTEST_SIDE_PX, round(length * scale / _SIDE_MULTIPLE_PX) * _SIDE_MULTIPLE_PX)

    return side(height), side(width)


def resize_frame(image: UInt8[np.ndarray, "H W 3"], height: int, width: int) -> UInt8[np.ndarray, "h w 3"]:
    """Return the frame at another size: averaged over areas if it shrinks, else bilinear with half-pixel centres."""
    shrinks = height * width < image.shape[0] * image.shape[1]
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
