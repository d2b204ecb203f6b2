"""Writing an H.264 video that browsers play."""

import tempfile
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from jaxtyping import UInt8

from ike_ray.storage.files import write_copy

# Rate of a video made from a folder of frames, which has none.
_DEFAULT_FPS = 24.0


def write_video(uri: str, frames: Iterable[UInt8[np.ndarray, "H W 3"]], fps: float | None) -> None:
    """Encodes the frames as MP4; a last odd row or column is left out, since the 4:2:0 format has only even sides.

    The file is made on the local disk first, since MP4 is written back and forth, and then put in place whole.
    """
    with tempfile.TemporaryDirectory() as folder:
        local = Path(folder) / "video.mp4"
        with av.open(str(local), "w") as container:
            stream = container.add_stream("libx264", rate=Fraction(fps or _DEFAULT_FPS).limit_denominator(1001))
            stream.pix_fmt = "yuv420p"
            for index, frame in enumerate(frames):
                even = np.ascontiguousarray(frame[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2])
                if index == 0:
                    stream.height, stream.width = even.shape[:2]
                container.mux(stream.encode(av.VideoFrame.from_ndarray(even, format="rgb24")))
            container.mux(stream.encode(None))
        write_copy(uri, local)
