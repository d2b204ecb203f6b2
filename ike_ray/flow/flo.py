"""Flow files in the Middlebury `.flo` format (Baker et al., IJCV 2011), in the folders of the published program.

    FOLDER/<video id>/fwd_of/00000_00001.flo    frame 0 to frame 1
    FOLDER/<video id>/bwd_of/00001_00000.flo    frame 1 back to frame 0

The numbers are positions in the video, from 0. With a stride of 2 the second pair is 00002_00004. In <video id>, `safe_path`
replaces what could lead elsewhere.
"""

from itertools import pairwise

import cv2
import numpy as np
from jaxtyping import Float32, Int64

from ike_ray.errors import InputError
from ike_ray.records import Flow
from ike_ray.storage.files import is_file, join_uri, read_bytes, write_bytes

_TAG = np.float32(202021.25)  # the first four bytes of every .flo file
_HEADER_BYTES = 12
FORWARD_FOLDER, BACKWARD_FOLDER = "fwd_of", "bwd_of"


def read_flow_files(folder: str, frame_indices: Int64[np.ndarray, " m"], height: int, width: int) -> Flow:
    """Return the flow of a video's frames from its `folder`, resized to the working size.

    Raises `InputError` for a file that is missing, that is not `.flo`, or that does not hold the stated number of values.
    """
    pairs = list(pairwise(frame_indices.tolist()))
    return Flow(
        forward=_read_fields([_pair_uri(folder, FORWARD_FOLDER, a, b) for a, b in pairs], height, width),
        backward=_read_fields([_pair_uri(folder, BACKWARD_FOLDER, b, a) for a, b in pairs], height, width),
    )


def write_flow_files(folder: str, frame_indices: Int64[np.ndarray, " m"], flow: Flow) -> None:
    """Write a video's flow so that `read_flow_files` returns it."""
    for step, (a, b) in enumerate(pairwise(frame_indices.tolist())):
        write_bytes(_pair_uri(folder, FORWARD_FOLDER, a, b), build_flo(flow.forward[step]))
        write_bytes(_pair_uri(folder, BACKWARD_FOLDER, b, a), build_flo(flow.backward[step]))


def build_flo(field: Float32[np.ndarray, "h w 2"]) -> bytes:
    """Return one flow field as the bytes of a `.flo` file: the tag, the width, the height, then (dx, dy) row by row."""
    height, width = field.shape[:2]
    return _TAG.tobytes() + np.array([width, height], dtype="<i4").tobytes() + field.astype("<f4").tobytes()


def read_flo(data: bytes, source: str) -> Float32[np.ndarray, "h w 2"]:
    """Return the flow field of the bytes of a `.flo` file. Raises `InputError` naming `source` if they are no such file."""
    if len(data) < _HEADER_BYTES or np.frombuffer(data, "<f4", 1)[0] != _TAG:
        raise InputError(
            f"cannot read {source}: expected a .flo file, found {len(data)} bytes without its tag. Check what wrote the file"
        )
    width, height = (int(side) for side in np.frombuffer(data, "<i4", 2, 4))
    if min(width, height) < 1 or len(data) != _HEADER_BYTES + 8 * width * height:
        raise InputError(
            f"cannot read {source}: its head states {height} x {width} pixels, which does not go with {len(data)} bytes. "
            "Write it again"
        )
    field = np.frombuffer(data, "<f4", offset=_HEADER_BYTES).reshape(height, width, 2).astype(np.float32)
    if not np.isfinite(field).all():
        raise InputError(f"cannot use {source}: expected finite displacements, found NaN or infinity. Write it again")
    return field


def resize_flow(field: Float32[np.ndarray, "H W 2"], height: int, width: int) -> Float32[np.ndarray, "h w 2"]:
    """Return the field on another grid: bilinear with half-pixel centres, each component times the ratio of its side."""
    ratio = np.array([width / field.shape[1], height / field.shape[0]], dtype=np.float32)
    return cv2.resize(field, (width, height), interpolation=cv2.INTER_LINEAR) * ratio


def _read_fields(uris: list[str], height: int, width: int) -> Float32[np.ndarray, "s h w 2"]:
    for uri in uris:
        if not is_file(uri):
            raise InputError(
                f"there is no flow file {uri}: expected {len(uris)} such files, one for each pair of neighbouring frames. "
                "Check flow.folder and the video's id, or estimate the flow (flow.method=dis)"
            )
    fields = [resize_flow(read_flo(read_bytes(uri), uri), height, width) for uri in uris]
    return np.stack(fields) if fields else np.zeros((0, height, width, 2), dtype=np.float32)


def _pair_uri(folder: str, direction: str, source: int, target: int) -> str:
    return join_uri(folder, direction, f"{source:05d}_{target:05d}.flo")
