"""The choice of how flow is found."""

import math
from collections.abc import Callable

import cv2
import numpy as np
import torch
from jaxtyping import Float32, UInt8

from ike_ray.config import FlowConfig
from ike_ray.flow.dis import estimate_dis
from ike_ray.flow.flo import read_flow_files
from ike_ray.flow.raft import Raft
from ike_ray.records import Clip, Flow
from ike_ray.storage.files import join_uri, safe_path

# This many fields of the enlarged frames are held at once. One takes 7 MB at 720 x 1280.
_PAIRS_AT_ONCE = 8
# Sides are enlarged at most this much, because at three times their sides small frames have shown what they hold.
_LARGEST_ENLARGEMENT = 3.0
_SIDE_MULTIPLE_PX = 16

FlowEstimator = Callable[[Clip, str], Flow]


def build_flow_estimator(config: FlowConfig, device: torch.device) -> FlowEstimator:
    """Return a function of a clip and its video id that returns the clip's flow. Weights are loaded once, here.

    Raises `ConfigError` if the weights cannot be used. The function raises `InputError` if a `.flo` file cannot be used.
    """
    match config.method:
        case "dis":
            return lambda clip, video_id: _estimate_averaged(
                clip, lambda frames: estimate_dis(frames, config.dis_effort), config.enlarged_area_px
            )
        case "raft_small" | "raft_large":
            raft = Raft(config.method, config, device)
            return lambda clip, video_id: _estimate_averaged(clip, raft.estimate, config.enlarged_area_px)
        case "files":
            folder = config.folder or ""
            return lambda clip, video_id: read_flow_files(
                join_uri(folder, safe_path(video_id)), clip.frame_indices, *clip.frames.shape[1:3]
            )


def _estimate_averaged(
    clip: Clip, estimate: Callable[[UInt8[np.ndarray, "m fh fw 3"]], Flow], enlarged_area_px: int | None
) -> Flow:
    """Return the flow between the large frames, enlarged, then averaged to the working size, a few pairs at a time."""
    size = clip.frames.shape[1:3]
    fields: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for start in range(0, len(clip.frames) - 1, _PAIRS_AT_ONCE):
        flow = estimate(_enlarge(clip.flow_frames[start : start + _PAIRS_AT_ONCE + 1], enlarged_area_px))
        for small, large in zip(fields, (flow.forward, flow.backward), strict=True):
            small += [_average_field(field, *size) for field in large]
    forward, backward = (np.stack(small) if small else np.zeros((0, *size, 2), dtype=np.float32) for small in fields)
    return Flow(forward=forward, backward=backward)


def _enlarge(frames: UInt8[np.ndarray, "m fh fw 3"], area_px: int | None) -> UInt8[np.ndarray, "m gh gw 3"]:
    """Return the frames at about `area_px` pixels, at most three times their sides, or as they are if they have as many."""
    height, width = frames.shape[1:3]
    if area_px is None or area_px <= height * width:
        return frames
    scale = min(_LARGEST_ENLARGEMENT, math.sqrt(area_px / (height * width)))
    rows, columns = (round(side * scale / _SIDE_MULTIPLE_PX) * _SIDE_MULTIPLE_PX for side in (height, width))
    return np.stack([cv2.resize(frame, (columns, rows), interpolation=cv2.INTER_LINEAR) for frame in frames])


def _average_field(field: Float32[np.ndarray, "fh fw 2"], height: int, width: int) -> Float32[np.ndarray, "h w 2"]:
    """Return the field on the working grid, in its pixels: the mean over each pixel's area."""
    ratio = np.array([width / field.shape[1], height / field.shape[0]], dtype=np.float32)
    return cv2.resize(field, (width, height), interpolation=cv2.INTER_AREA) * ratio
