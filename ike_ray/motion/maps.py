"""What the motion network sees of a frame: how everything moves, how far to trust that, and where the picture has edges."""

import torch
from jaxtyping import Float32, UInt8
from torch import Tensor
from torch.nn import functional

from ike_ray.flow.camera import estimate_residual
from ike_ray.flow.texture import estimate_texture
from ike_ray.graph.walk import ChainWalk, build_chain_walk

_REFERENCE_HEIGHT_PX = 160  # motion is counted in pixels of a frame whose shorter side has this many
SOFT_PX = 0.3  # motion beyond this counts by its logarithm
TOP_QUANTILE, LEAST_TOP_PX = 0.98, 0.1
LARGEST_SHARE = 1.5
_EDGE_GAIN = 5.0
_MEMORY_FRAMES = 3.0  # residual vectors are averaged along chains this long: a wave, which goes to and fro, cancels out
_LEAST_RELIABILITY = 0.05

NUM_MAPS = 16
# For each map: where it is found in a clip that is played backwards, and by what it is multiplied there.
REVERSED: tuple[tuple[int, int], ...] = ((2, -1), (3, -1), (0, -1), (1, -1), (4, -1), (5, -1), (7, 1), (6, 1), (9, 1), (8, 1))
REVERSED += ((10, 1), (11, 1), (12, -1), (13, -1), (14, 1), (15, 1))
HORIZONTAL, VERTICAL = (0, 2, 4, 12), (1, 3, 5, 13)  # maps that change their sign in a mirror
CHAIN_SPEED = 14  # the map of how fast a node's chain moves by itself
VECTORS = (0, 1, 2, 3, 4, 5, 12, 13, 14)  # maps that are asinh(v / 0.3 px)


def build_motion_maps(
    forward: Float32[Tensor, "s h w 2"], backward: Float32[Tensor, "s h w 2"], frames: UInt8[Tensor, "m h w 3"]
) -> Float32[Tensor, "m 16 h w"]:
    """Return sixteen maps of each frame, at the working size, on the flow's device.

    0 to 3 are the flow to the next frame that the camera does not explain, to the right and down, and the same from the frame
    before. 4 and 5 are the flow itself. 6 and 7 are the reliability of the steps to the next frame and to the one before. 8
    and 9 are the sizes of 0 to 3 divided by the frame's 98th percentile. 10 is the texture, and 11 the gradient of the
    picture. 12 and 13 are the vectors of 0 to 3, averaged along chains. 14 has the sizes of the vectors of each node,
    averaged along chains. 15 is the size of 12 and 13, divided like 8. Vectors and sizes are asinh(v / 0.3 px) for a frame of
    160 rows. A clip of one frame has no motion, and all maps but 10 and 11 are zero.
    """
    num_frames, height, width = frames.shape[:3]
    frames_float = frames.float()
    grey = frames_float.mean(dim=-1) / 255
    across = functional.pad(grey[:, :, 1:] - grey[:, :, :-1], (0, 1))
    down = functional.pad(grey[:, 1:] - grey[:, :-1], (0, 0, 0, 1))
    edges = ((across.square() + down.square()).sqrt() * _EDGE_GAIN).clamp_max(1)
    maps = forward.new_zeros((num_frames, NUM_MAPS, height, width))
    maps[:, 10], maps[:, 11] = estimate_texture(frames), edges
    if num_frames == 1:
        return maps
    scale = _REFERENCE_HEIGHT_PX / min(height, width)
    walk = build_chain_walk(forward, backward, _MEMORY_FRAMES)
    residual = (estimate_residual(forward) * scale, -estimate_residual(backward) * scale)
    ahead, behind = (_fill(*pair) for pair in ((residual[0], residual[1][-1:], True), (residual[1], residual[0][:1], False)))
    trust = (
        _fill(walk.forward[..., 2], walk.backward[-1:, ..., 2], True),
        _fill(walk.backward[..., 2], walk.forward[:1, ..., 2], False),
    )
    mean = _average_vectors(ahead, behind, *trust, walk)
    maps[:, 0:2], maps[:, 2:4] = _compress(ahead), _compress(behind)
    maps[:, 4:6] = _compress(_fill(forward, -backward[-1:], True) * scale)
    maps[:, 6], maps[:, 7] = trust
    maps[:, 8], maps[:, 9] = (_scale(steps.norm(dim=-1)) for steps in (ahead, behind))
    maps[:, 12:14] = _compress(mean[..., :2])
    maps[:, 14] = torch.asinh(mean[..., 2] / SOFT_PX)
    maps[:, 15] = _scale(mean[..., :2].norm(dim=-1))
    return maps


def _fill(steps: Tensor, end: Tensor, is_ahead: bool) -> Tensor:
    """Return a step for each frame. The last frame of a clip has no next one, and the first has none before it."""
    return torch.cat([steps, end] if is_ahead else [end, steps])


def _average_vectors(
    ahead: Float32[Tensor, "m h w 2"],
    behind: Float32[Tensor, "m h w 2"],
    trust_ahead: Float32[Tensor, "m h w"],
    trust_behind: Float32[Tensor, "m h w"],
    walk: ChainWalk,
) -> Float32[Tensor, "m h w 3"]:
    """Return the mean residual vector along each node's chain, and the mean of its sizes."""
    first, second = trust_ahead[..., None] + _LEAST_RELIABILITY, trust_behind[..., None] + _LEAST_RELIABILITY
    vectors = (first * ahead + second * behind) / (first + second)
    values = torch.cat([vectors, vectors.norm(dim=-1, keepdim=True)], dim=-1)
    return walk.average(values.movedim(-1, 0)).movedim(0, -1)


def _compress(vectors: Float32[Tensor, "m h w 2"]) -> Float32[Tensor, "m 2 h w"]:
    return torch.asinh(vectors / SOFT_PX).movedim(-1, 1)


def _scale(sizes: Float32[Tensor, "m h w"]) -> Float32[Tensor, "m h w"]:
    """Return the sizes divided by the 98th percentile of their frame, at most 1.5."""
    flat = sizes.flatten(1)
    top = flat.kthvalue(max(1, round(TOP_QUANTILE * flat.shape[1])), dim=1).values.clamp_min(LEAST_TOP_PX)
    return (sizes / top[:, None, None]).clamp_max(LARGEST_SHARE)
