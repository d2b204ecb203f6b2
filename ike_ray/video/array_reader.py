"""Frames of a video that is in memory already."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import UInt8

from ike_ray.video.frame import FrameRange, VideoFrame


class ArrayReader:
    """An array of frames, read as often as it is iterated. It has neither frame rate nor times."""

    fps: float | None = None
    warning: str | None = None
    uri = "the array of frames"

    def __init__(self, frames: UInt8[np.ndarray, "m H W 3"], frame_range: FrameRange) -> None:
        self._frames, self._range = frames, frame_range

    def __enter__(self) -> "ArrayReader":
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def __iter__(self) -> Iterator[VideoFrame]:
        """Yield the selected frames, of which a copy is made if the array is a view of another one."""
        for index, frame in enumerate(self._frames):
            if index in self._range:
                yield VideoFrame(index=index, timestamp_s=float("nan"), image=np.ascontiguousarray(frame))
