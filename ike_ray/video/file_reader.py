"""Frames of a video file, decoded by FFmpeg through PyAV."""

from collections.abc import Iterator
from fractions import Fraction

import av
import cv2
import numpy as np

from ike_ray.errors import InputError
from ike_ray.storage.files import is_local, open_binary, read_path
from ike_ray.video.frame import FrameRange, VideoFrame


class FileReader:
    """An open video file: iterate it once for its upright frames in presentation order.

    After the iteration `warning` says, in words, what kept the file from being read to its end; None where nothing did.
    Only a file without one decodable frame is an error.
    """

    def __init__(self, uri: str, frame_range: FrameRange) -> None:
        """Raises `InputError` where there is no such file, or FFmpeg finds no video stream in it."""
        self.uri = uri
        self.warning: str | None = None
        self._range = frame_range
        self._stream = open_binary(uri)  # also tells a missing file from an unreadable one
        try:
            self._container = av.open(read_path(uri) if is_local(uri) else self._stream, "r")
            self._video = self._container.streams.video[0]
        except (av.error.FFmpegError, IndexError) as error:
            self._stream.close()
            raise InputError(
                f"cannot read {uri}: expected a video that FFmpeg decodes, found "
                f"{'no video stream' if isinstance(error, IndexError) else error}. Try `ffprobe` on it, or convert it"
            ) from error
        self._video.thread_type = "AUTO"
        self._video.thread_count = cv2.getNumThreads()  # the process's own limit, which a worker sets to its CPUs
        rate: Fraction | None = self._video.average_rate or self._video.guessed_rate
        self.fps: float | None = float(rate) if rate else None

    def __enter__(self) -> "FileReader":
        return self

    def __exit__(self, *exception: object) -> None:
        self._container.close()
        self._stream.close()

    def __iter__(self) -> Iterator[VideoFrame]:
        """Yields the selected frames. Raises `InputError` where not one frame can be decoded or their size changes."""
        num_decoded, size = 0, None
        try:
            for index, frame in enumerate(self._container.decode(self._video)):
                num_decoded += 1
                if self._range.is_over(index):
                    return
                if index not in self._range:
                    continue
                image = np.rot90(frame.to_ndarray(format="rgb24"), frame.rotation // 90)  # counter-clockwise, as stored
                if size not in (None, image.shape):
                    raise InputError(f"cannot use {self.uri}: frame {index} is {image.shape[:2]}, the first was {size[:2]}")
                size = image.shape
                yield VideoFrame(index=index, timestamp_s=self._time_s(frame, index), image=np.ascontiguousarray(image))
        except av.error.FFmpegError as error:
            promised = f" of {self._video.frames}" if self._video.frames else ""
            self.warning = f"the file breaks off after {num_decoded}{promised} frames ({error.strerror})"
        if num_decoded == 0:
            raise InputError(
                f"cannot read {self.uri}: expected frames, found {self.warning or 'an empty video stream'}. Convert it again"
            )

    def _time_s(self, frame: av.VideoFrame, index: int) -> float:
        if frame.time is not None:
            return float(frame.time)
        return index / self.fps if self.fps else float("nan")
