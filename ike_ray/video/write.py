"""Write videos: H.264, which browsers play, and ProRes with an alpha channel for editors."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.reformatter import Colorspace
from jaxtyping import UInt8

from ike_ray.storage.files import write_copy

# The rate of a video made from a folder of frames, which states none.
_DEFAULT_FPS = 24.0
_LONGEST_SIDE_PX = 16_384  # of libx264


def write_video(
    uri: str,
    frames: Iterable[UInt8[np.ndarray, "H W 3"]],
    fps: float | None,
    *,
    keep: Callable[[Callable[[], None]], None] = lambda put: put(),
) -> None:
    """Encode the frames as MP4. A last odd row or column is left out, since the 4:2:0 format has only even sides. Frames with
    a longer side than the encoder takes are made smaller.

    `keep` is called with the function that puts the finished file at `uri`, and may call that again if it fails.
    """
    _write(uri, map(_build_even, frames), fps, suffix=".mp4", codec="libx264", options={}, keep=keep)


def write_alpha_video(uri: str, frames: Iterable[UInt8[np.ndarray, "H W 4"]], fps: float | None) -> None:
    """Encode RGBA frames as ProRes 4444, for a MOV file. 0 and 255 of alpha come back exactly, and the rest nearly."""
    options = {"profile": "4444"}
    _write(uri, map(_build_alpha, frames), fps, suffix=".mov", codec="prores_ks", options=options, keep=lambda put: put())


def _build_even(frame: UInt8[np.ndarray, "H W 3"]) -> av.VideoFrame:
    sides = frame.shape[:2]
    scale = min(1.0, _LONGEST_SIDE_PX / max(sides))
    height, width = (max(2, int(side * scale) // 2 * 2) for side in sides)
    if scale < 1 or min(sides) < 2:
        frame = cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)
    even = np.ascontiguousarray(frame[:height, :width])
    return av.VideoFrame.from_ndarray(even, format="rgb24").reformat(format="yuv420p")


def _build_alpha(frame: UInt8[np.ndarray, "H W 4"]) -> av.VideoFrame:
    """Return the frame in the colours of ITU-R BT.709, which editors assume for any ProRes.

    This uses one thread. With several, the conversion mixes eight pixels of two rows now and then (FFmpeg's swscale 9.5).
    """
    rgba = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgba")
    return rgba.reformat(format="yuva444p10le", dst_colorspace=Colorspace.ITU709, threads=1)


def _write(
    uri: str,
    frames: Iterator[av.VideoFrame],
    fps: float | None,
    *,
    suffix: str,
    codec: str,
    options: Mapping[str, str],
    keep: Callable[[Callable[[], None]], None],
) -> None:
    """Make the file on the local disk first, since MP4 and MOV are written back and forth, and then put it in place whole."""
    with tempfile.TemporaryDirectory(prefix="ike-ray-") as folder:
        local = Path(folder) / f"video{suffix}"
        with av.open(str(local), "w") as container:
            rate = Fraction(fps or _DEFAULT_FPS).limit_denominator(1001)
            stream = container.add_stream(codec, rate=rate, options=dict(options))
            assert isinstance(stream, av.VideoStream)  # both codecs are of pictures
            for index, frame in enumerate(frames):
                if index == 0:
                    stream.height, stream.width, stream.pix_fmt = frame.height, frame.width, frame.format.name
                    if frame.colorspace == Colorspace.ITU709:
                        context = stream.codec_context
                        context.colorspace = context.color_primaries = context.color_trc = frame.colorspace
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        keep(lambda: write_copy(uri, local))
