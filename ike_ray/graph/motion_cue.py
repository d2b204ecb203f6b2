"""The motion cue, which tells how much each node moves by itself, whatever the camera does."""

import torch
from einops import rearrange
from jaxtyping import Float32, UInt8
from torch import Tensor

from ike_ray.flow.camera import estimate_residual
from ike_ray.flow.texture import estimate_texture
from ike_ray.graph.walk import ChainWalk

# The values of a frame are divided by their 98th percentile, so that a few wild pixels do not hide the object. The divisor is
# at least half of the clip's median of that percentile, so that a frame in which nothing moves does not show noise.
_TOP_QUANTILE, _LEAST_SHARE = 0.98, 0.5
_LEAST_MOTION_PX = 0.1  # slower motion is the error of the flow and is not scaled up
_LEAST_TOP = 1e-3  # smaller values are nothing and are not scaled up
# This is added to the reliabilities of a node's two steps when they are averaged. Both count if neither can be trusted.
_LEAST_RELIABILITY = 0.05


def build_motion_cue(walk: ChainWalk, frames: UInt8[Tensor, "m h w 3"]) -> Float32[Tensor, "m h w"]:
    """Return the size of the flow that the camera does not explain, in [0, 1].

    It is the mean of a node's steps forward and backward, weighted by their reliability. The mean is lowered where there is
    no texture that flow could have followed, and is then scaled frame by frame. The cue is 0 everywhere if there is no flow
    (one frame) or no texture, or if all motion is the camera's.
    """
    num_frames = len(walk.forward) + 1
    sums = walk.forward.new_zeros((num_frames, *walk.forward.shape[1:3]))
    weights = torch.zeros_like(sums)
    for steps, pivots in ((walk.forward, slice(0, -1)), (walk.backward, slice(1, None))):
        weight = steps[..., 2] + _LEAST_RELIABILITY
        sums[pivots] += weight * estimate_residual(steps[..., :2]).norm(dim=-1)
        weights[pivots] += weight
    motion = torch.where(weights > 0, sums / weights.clamp_min(_LEAST_RELIABILITY), 0.0)
    return _scale(motion * estimate_texture(frames))


def weigh_motion_cue(
    motion_cue: Float32[Tensor, "m h w"], second_cue: Float32[Tensor, "m h w"], walk: ChainWalk, weight: float
) -> Float32[Tensor, "m h w"]:
    """Return the motion cue times 1 - w + w s, scaled back to its own 98th percentile in each frame, in [0, 1].

    Here s is the second cue, averaged along chains and divided by its frame's 98th percentile. A frame in which the second
    cue sees nothing, or the same everywhere, keeps its motion. A student that has seen little is seldom sure. It therefore
    does not count how sure the student is, only where it is surer than elsewhere.
    """
    shares = divide_by_top(walk.average(second_cue[None])[0])
    weighed = motion_cue * (1 - weight + weight * shares)
    return (weighed * (_find_tops(motion_cue) / _find_tops(weighed))).clamp_max(1)


def _scale(motion: Float32[Tensor, "m h w"]) -> Float32[Tensor, "m h w"]:
    top = _find_quantile(motion.flatten(1), _TOP_QUANTILE)
    scale = top.maximum(_LEAST_SHARE * top.median()).clamp_min(_LEAST_MOTION_PX)
    return (motion / scale[:, None, None]).clamp_max(1)


def divide_by_top(values: Float32[Tensor, "m h w"]) -> Float32[Tensor, "m h w"]:
    """Return the values divided by the 98th percentile of their frame, a robust maximum, and at most 1."""
    return (values / _find_tops(values)).clamp_max(1)


def _find_tops(values: Float32[Tensor, "m h w"]) -> Float32[Tensor, "m 1 1"]:
    tops = _find_quantile(values.flatten(1), _TOP_QUANTILE).clamp_min(_LEAST_TOP)
    return rearrange(tops, "m -> m 1 1")


def _find_quantile(values: Float32[Tensor, "m n"], quantile: float) -> Float32[Tensor, " m"]:
    """Return the value of each row at that rank. torch.quantile takes no more than 16 million values."""
    return values.kthvalue(max(1, round(quantile * values.shape[1])), dim=1).values
