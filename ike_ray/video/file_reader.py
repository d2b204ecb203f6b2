"""Frames of a video file, decoded by FFmpeg through PyAV."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
import cv2
import numpy as np

from ike_ray.errors import ExcludedError, InputError
from ike_ray.storage.faults import translate_faults
from ike_ray.storage.files import open_binary
from ike_ray.video.container import open_container
from ike_ray.video.file_end import describe_missing_end
from ike_ray.video.frame import FrameRange, VideoFrame

# A file breaks off if its frames end this much before the time that it promises. Undamaged files end up to one frame early,
# since the last packet of some containers (WMV, FLV) states no duration. Two frames leave room for rounding.
_TOLERANCE_FRAMES = 2.0
_UNKNOWN_FRAME_S = 0.1  # the time of a frame in a video that states no rate


@dataclass(kw_only=True)
class _Damage:
    """What was wrong with the packets of a file so far."""

    num_packets: int = 0
    packet_bytes: int = 0  # the size of the last packet
    num_bad: int = 0  # packets that cannot be decoded
    num_frames: int = 0
    num_corrupt: int = 0  # frames that FFmpeg has filled up from others
    end_s: float = 0.0  # the end of the last packet of any stream: a cut file loses its sound as well
    stopped: str | None = None  # what ended the file before its end


class FileReader:
    """An open video file. Iterate it once for its upright frames in presentation order.

    A packet that cannot be decoded costs its own frames, not those after it. After the iteration `warning` says, in words,
    what is missing or damaged, or is None if nothing is. Only a file without one decodable frame is an error.
    """

    def __init__(self, uri: str, frame_range: FrameRange, max_px: int) -> None:
        """Open the file.

        Raises `InputError` if there is no such file, or FFmpeg finds no video stream in it. Raises `ExcludedError` if its
        frames have more than `max_px` pixels.
        """
        self.uri = uri
        self.warning: str | None = None
        self._range, self._max_px = frame_range, max_px
        self._stream = open_binary(uri)  # it also tells a missing file from an unreadable one
        try:
            self._container = open_container(uri, self._stream)
            self._video = self._find_video()
        except InputError:
            self._stream.close()
            raise
        self._video.thread_type = "AUTO"
        self._video.thread_count = cv2.getNumThreads()  # the process's own limit, which a worker sets to its CPUs
        # Frames may grow on the way, and the decoder itself refuses those.
        self._video.codec_context.options = {"max_pixels": str(max_px)}
        rate: Fraction | None = self._video.average_rate or self._video.guessed_rate
        self.fps: float | None = float(rate) if rate else None

    def __enter__(self) -> "FileReader":
        return self

    def __exit__(self, *exception: object) -> None:
        self._container.close()
        self._stream.close()

    def __iter__(self) -> Iterator[VideoFrame]:
        """Yield the selected frames. Raises `InputError` if not one frame can be decoded or their size changes."""
        damage, size, is_over = _Damage(), None, False
        with translate_faults(self.uri):
            for index, frame in enumerate(self._decode(damage)):
                is_over = self._range.is_over(index)
                if is_over:
                    break
                if index not in self._range:
                    continue
                image = np.rot90(frame.to_ndarray(format="rgb24"), frame.rotation // 90)  # counter-clockwise, as stored
                if size not in (None, image.shape):
                    raise InputError(
                        f"cannot use {self.uri}: expected frames of {size[1]} x {size[0]} pixels like the first, found frame "
                        f"{index} of {image.shape[1]} x {image.shape[0]}. Convert it to one size"
                    )
                size = image.shape
                yield VideoFrame(index=index, timestamp_s=self._time_s(frame, index), image=np.ascontiguousarray(image))
        self.warning = self._describe(damage, is_whole=not is_over)
        if damage.num_frames == 0:
            raise InputError(
                f"cannot read {self.uri}: expected frames, found {self.warning or 'an empty video stream'}. Convert it again"
            )

    def _find_video(self) -> av.VideoStream:
        if not self._container.streams.video:
            raise InputError(
                f"cannot read {self.uri}: expected a video that FFmpeg decodes, found no video stream. Try `ffprobe` on it"
            )
        video = self._container.streams.video[0]
        if video.codec_context is None:
            raise InputError(
                f"cannot read {self.uri}: expected a video that FFmpeg decodes, found one whose codec it does not know. "
                "Convert it to H.264"
            )
        if video.width * video.height > self._max_px:
            raise ExcludedError(
                f"skipped {self.uri}: its frames of {video.width} x {video.height} pixels are more than "
                f"video.max_image_px = {self._max_px}. Raise that setting if the workers have memory for it, or shrink it"
            )
        return video

    def _decode(self, damage: _Damage) -> Iterator[av.VideoFrame]:
        """Yield the frames of all packets that can be decoded, and count the others in `damage`."""
        try:
            for packet in self._container.demux():
                if packet.pts is not None and packet.time_base is not None:
                    damage.end_s = max(damage.end_s, float((packet.pts + (packet.duration or 0)) * packet.time_base))
                if packet.stream.index != self._video.index:
                    continue
                damage.num_packets += packet.size > 0
                damage.packet_bytes = packet.size or damage.packet_bytes
                try:
                    frames = self._video.decode(packet)
                except av.error.FFmpegError:
                    damage.num_bad += 1
                    continue
                for frame in frames:
                    damage.num_frames += 1
                    damage.num_corrupt += frame.is_corrupt
                    yield frame
        except av.error.FFmpegError as error:
            damage.stopped = str(error.strerror)

    def _describe(self, damage: _Damage, *, is_whole: bool) -> str | None:
        """Return what is missing or damaged. It is known where only if the file was read to its end."""
        promised_s = self._read_promised_s()
        frame_s = 1 / self.fps if self.fps else _UNKNOWN_FRAME_S
        found = []
        if damage.stopped is not None:
            promised = f" of {self._video.frames}" if self._video.frames else ""
            found.append(f"the file breaks off after {damage.num_frames}{promised} frames ({damage.stopped})")
        elif is_whole and promised_s - damage.end_s > _TOLERANCE_FRAMES * frame_s:
            found.append(
                f"the file breaks off: it promises {promised_s:.2f} s and ends after {damage.end_s:.2f} s, with "
                f"{damage.num_frames} frames"
            )
        elif is_whole and (missing := describe_missing_end(self._container.format.name, self._stream, damage.packet_bytes)):
            found.append(f"the file breaks off after {damage.num_frames} frames ({missing})")
        if damage.num_bad:
            found.append(f"{damage.num_bad} of {damage.num_packets} packets cannot be decoded and are left out")
        if damage.num_corrupt:
            found.append(f"{damage.num_corrupt} of {damage.num_frames} frames are damaged")
        return "; ".join(found) or None

    def _read_promised_s(self) -> float:
        """Return the time at which the file says that it ends. Zero is no promise.

        An AVI is asked for its frames, since FFmpeg corrects the time of a short one. Other containers are asked for the
        time, since an edit list in an MP4 leaves frames out on purpose.
        """
        if self._container.format.name == "avi" and self.fps:
            return self._video.frames / self.fps
        duration = self._video.duration
        own_s = float(duration * self._video.time_base) if duration and self._video.time_base else 0.0
        return max(own_s, (self._container.duration or 0) / av.time_base)

    def _time_s(self, frame: av.VideoFrame, index: int) -> float:
        if frame.time is not None:
            return float(frame.time)
        return index / self.fps if self.fps else float("nan")
