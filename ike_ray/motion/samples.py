"""What the motion network learns from: maps of drawn clips beside their exact masks, as small integers."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from jaxtyping import Float32, Int8, UInt8
from torch import Tensor

from ike_ray.drawn.scene import draw_scene
from ike_ray.flow.dis import Effort, estimate_dis
from ike_ray.motion.maps import build_motion_maps
from ike_ray.records import Flow
from ike_ray.storage.files import is_file, join_uri, read_bytes, write_bytes

NUM_FRAMES = 9  # the number of frames of a drawn clip
# The size of the drawn frames, the size of their maps, and the share of the clips: landscape, 4:3 and portrait.
_SIZES = (((320, 568), (160, 288), 0.8), ((368, 496), (192, 240), 0.14), ((568, 320), (288, 160), 0.06))
_ENLARGEMENTS = (1.25, 1.5, 1.5)  # frames are enlarged for flow by as much as `flow.enlarged_area_px` enlarges a video's
_QUICK_SHARE = 0.3  # this share of the clips has flow by DIS's quick effort
_SIDE_MULTIPLE_PX = 16
# How many steps stand for one unit of each map: asinh of motion reaches 5, reliabilities reach 1, and shares 1.5.
_STEPS = np.array([25] * 6 + [127, 127, 80, 80, 127, 127, 25, 25, 25, 80], np.float32)[:, None, None]
_LARGEST = 127
_SIZE_SEED = 10**9  # makes the generator that chooses sizes another than the one that draws


@dataclass(frozen=True, kw_only=True)
class MotionSample:
    """Four frames of a drawn clip: one near one of its ends, where chains are short, and three from its middle."""

    maps: Int8[np.ndarray, "f 16 h w"]
    opacity: UInt8[np.ndarray, "f h w"]  # the opacity of what moves by itself


def draw_sample(seed: int) -> MotionSample:
    """Return the sample that a seed draws, which is always the same on one kind of CPU."""
    generator = np.random.default_rng(_SIZE_SEED + seed)
    frame_size, size = _choose_sizes(generator)
    scene = draw_scene(seed, num_frames=NUM_FRAMES, height=frame_size[0], width=frame_size[1])
    enlargement = float(generator.choice(_ENLARGEMENTS))
    effort: Effort = "quick" if generator.random() < _QUICK_SHARE else "medium"
    flow = _estimate_flow(scene.frames, enlargement, effort, size)
    frames = np.stack([cv2.resize(frame, size[::-1], interpolation=cv2.INTER_AREA) for frame in scene.frames])
    maps = build_motion_maps(
        torch.from_numpy(flow.forward), torch.from_numpy(flow.backward), torch.from_numpy(frames)
    ).numpy()
    chosen = _choose_frames(np.random.default_rng(seed))
    opacity = np.stack([cv2.resize(scene.opacity[index], size[::-1], interpolation=cv2.INTER_AREA) for index in chosen])
    steps = np.rint(maps[chosen] * _STEPS).clip(-_LARGEST, _LARGEST)
    return MotionSample(maps=steps.astype(np.int8), opacity=opacity)


def write_sample(folder: str, seed: int) -> None:
    """Draw the sample of a seed and write it as FOLDER/<seed>.npz, unless it is there."""
    uri = join_uri(folder, f"{seed:07d}.npz")
    if is_file(uri):
        return
    sample, data = draw_sample(seed), io.BytesIO()
    np.savez(data, maps=sample.maps, opacity=sample.opacity)
    write_bytes(uri, data.getvalue())


def read_sample(uri: str) -> MotionSample:
    """Return a sample that `write_sample` has written."""
    with np.load(io.BytesIO(read_bytes(uri)), allow_pickle=False) as arrays:
        return MotionSample(maps=arrays["maps"], opacity=arrays["opacity"])


def group_by_size(uris: Sequence[str]) -> list[list[str]]:
    """Return the URIs of samples in one list for each size of their maps. The name of a file tells its size."""
    groups: dict[tuple[int, int], list[str]] = {}
    for uri in uris:
        seed = int(uri.rpartition("/")[2].removesuffix(".npz"))
        groups.setdefault(_choose_sizes(np.random.default_rng(_SIZE_SEED + seed))[1], []).append(uri)
    return list(groups.values())


def decode_maps(maps: Int8[np.ndarray, "f 16 h w"]) -> Float32[Tensor, "f 16 h w"]:
    """Return the maps as `build_motion_maps` made them, but for rounding."""
    return torch.from_numpy(maps / _STEPS)


def _choose_sizes(generator: np.random.Generator) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the height and width of the drawn frames, and of their maps."""
    frame_size, size, _ = _SIZES[int(generator.choice(len(_SIZES), p=[share for *_, share in _SIZES]))]
    return frame_size, size


def _choose_frames(generator: np.random.Generator) -> list[int]:
    end = generator.integers(0, 2) if generator.random() < 0.5 else generator.integers(7, 9)
    return [int(end), *(int(generator.integers(low, high)) for low, high in ((2, 4), (4, 5), (5, 7)))]


def _estimate_flow(frames: UInt8[np.ndarray, "m H W 3"], enlargement: float, effort: Effort, size: tuple[int, int]) -> Flow:
    height, width = (round(side * enlargement / _SIDE_MULTIPLE_PX) * _SIDE_MULTIPLE_PX for side in frames.shape[1:3])
    enlarged = np.stack([cv2.resize(frame, (width, height), interpolation=cv2.INTER_LINEAR) for frame in frames])
    flow = estimate_dis(enlarged, effort)
    ratio = np.array([size[1] / width, size[0] / height], np.float32)
    forward, backward = (
        np.stack([cv2.resize(field, size[::-1], interpolation=cv2.INTER_AREA) * ratio for field in fields])
        for fields in (flow.forward, flow.backward)
    )
    return Flow(forward=forward, backward=backward)
