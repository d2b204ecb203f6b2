"""A whole clip at the working size."""

import math

import cv2
import numpy as np
from jaxtyping import UInt8

from ike_ray.config import VideoConfig
from ike_ray.errors import ExcludedError, InputError
from ike_ray.records import Clip
from ike_ray.video.open import open_video

# The network halves the frame up to four times, so sides that are multiples of 16 lose no row or column on the way.
_SIDE_MULTIPLE_PX = 16
_SHORTEST_SIDE_PX = 32


def read_clip(uri: str, config: VideoConfig) -> Clip:
    """The selected frames of a video, resized to the working size.

    Raises `InputError` where the video cannot be read or no frame is selected, `ExcludedError` where more than
    `config.max_frames` are.
    """
    resized: list[UInt8[np.ndarray, "h w 3"]] = []
    indices: list[int] = []
    timestamps_s: list[float] = []
    with open_video(uri, config) as reader:
        for frame in reader:
            if len(resized) == config.max_frames:
                raise ExcludedError(
                    f"skipped {uri}: it has more than video.max_frames = {config.max_frames} frames. "
                    "Raise that setting (memory grows with it), or set video.stride or video.stop_frame"
                )
            height, width = frame.image.shape[:2]
            resized.append(resize_frame(frame.image, *working_size_px(height, width, config)))
            indices.append(frame.index)
            timestamps_s.append(frame.timestamp_s)
        warning = reader.warning
        fps = reader.fps
    if not resized:
        raise InputError(
            f"cannot use {uri}: expected frames in the range {config.start_frame} to {config.stop_frame or 'the end'}, found "
            "none. The video is shorter: change video.start_frame and video.stop_frame"
        )
    return Clip(
        frames=np.stack(resized),
        frame_indices=np.array(indices, dtype=np.int64),
        timestamps_s=np.array(timestamps_s),
        height=height,
        width=width,
        fps=fps,
        warning=warning,
    )


def working_size_px(height: int, width: int, config: VideoConfig) -> tuple[int, int]:
    """Height and width the method works at: the one set, or the video's aspect at about the area set, in steps of 16."""
    if config.working_size_px is not None:
        return config.working_size_px
    scale = math.sqrt(config.working_area_px / (height * width))

    def side(length: int) -> int:
        return max(_SHORTEST_SIDE_PX, round(length * scale / _SIDE_MULTIPLE_PX) * _SIDE_MULTIPLE_PX)

    return side(height), side(width)


def resize_frame(image: UInt8[np.ndarray, "H W 3"], height: int, width: int) -> UInt8[np.ndarray, "h w 3"]:
    """The frame at another size: averaged over areas when shrinking, bilinear when growing, half-pixel centres."""
    shrinks = height * width < image.shape[0] * image.shape[1]
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
