"""One frame of a video, and which frames are read."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from ike_ray.config import VideoConfig


@dataclass(frozen=True, kw_only=True)
class VideoFrame:
    """One upright frame at the video's own size."""

    index: int  # the position in the video, from 0
    timestamp_s: float  # the presentation time; NaN if the video states none
    image: UInt8[np.ndarray, "H W 3"]


@dataclass(frozen=True, kw_only=True)
class FrameRange:
    """The selected frame indices: from `start`, every `stride`-th, before `stop` (None means to the end)."""

    start: int = 0
    stop: int | None = None
    stride: int = 1

    def __contains__(self, index: int) -> bool:
        return index >= self.start and not self.is_over(index) and (index - self.start) % self.stride == 0

    def is_over(self, index: int) -> bool:
        """Return whether `index` and all later ones are out of the range."""
        return self.stop is not None and index >= self.stop


def build_frame_range(config: VideoConfig) -> FrameRange:
    """Return the range that the settings describe."""
    return FrameRange(start=config.start_frame, stop=config.stop_frame, stride=config.stride)
