"""The motion network's answer for a window, and the weights that it comes with."""

import math
from functools import cache
from importlib.resources import files

import torch
from jaxtyping import Float32, UInt8
from safetensors.torch import load
from torch import Tensor
from torch.nn import functional

from ike_ray.motion.maps import CHAIN_SPEED, SOFT_PX, build_motion_maps
from ike_ray.motion.network import MotionNetwork
from ike_ray.precision import build_autocast
from ike_ray.records import FarFlow
from ike_ray.video.clip import choose_size

WEIGHTS = "weights.safetensors"  # lies beside this module; weights.md says how they were made
_PIXELS_A_BATCH = 8 * 160 * 288  # the pixels of one forward pass, which bound its memory
_LEARNED_AREA_PX = 160 * 288  # the network learned from maps of this size and looks at maps of about this size
_LEAST_SPEED_PX = 0.01  # slower motion, in a frame of 160 rows, is what rounding leaves of the camera's
_LARGEST_CHANGE = 1.5  # maps whose area differs by less than this factor are not resized


@torch.inference_mode()
def estimate_network_cue(
    forward: Float32[Tensor, "s h w 2"], backward: Float32[Tensor, "s h w 2"], frames: UInt8[Tensor, "m h w 3"]
) -> Float32[Tensor, "m h w"]:
    """Return the probability that each node moves by itself, on the flow's device.

    It is zero everywhere in a frame in which the camera explains all flow, and in a clip of one frame.
    The network knows things of the size at which it learned them. If the working size is much larger or smaller, then flow
    and frames are resized for it, and its answer is resized back, bilinearly with half-pixel centres.
    """
    height, width = frames.shape[1:3]
    if len(forward) == 0:
        return forward.new_zeros(frames.shape)[..., 0]
    size = (height, width)
    if max(height * width / _LEARNED_AREA_PX, _LEARNED_AREA_PX / (height * width)) > _LARGEST_CHANGE:
        size = choose_size(height, width, _LEARNED_AREA_PX)
        forward, backward = (_resize_flow(field, size) for field in (forward, backward))
        frames = _resize(frames.float().movedim(-1, 1), size).round().to(torch.uint8).movedim(1, -1)
    network = read_motion_network(str(forward.device))
    maps = build_motion_maps(forward, backward, frames)
    batch = max(1, _PIXELS_A_BATCH // (size[0] * size[1]))
    with build_autocast(forward.device, "bfloat16"):
        scores = [network(part.contiguous(memory_format=torch.channels_last)) for part in maps.split(batch)]
    moves = maps[:, CHAIN_SPEED].amax(dim=(1, 2)) > math.asinh(_LEAST_SPEED_PX / SOFT_PX)
    probabilities = torch.cat(scores).float().sigmoid() * moves[:, None, None]
    return _resize(probabilities[:, None], (height, width))[:, 0]


def estimate_far_cue(far: FarFlow, frames: UInt8[Tensor, "m h w 3"]) -> Float32[Tensor, "m h w"]:
    """Return what `estimate_network_cue` says of frames that lie `far.gap` apart, put back in their places."""
    cue = torch.zeros(frames.shape[:3], device=frames.device)
    for first, flow in enumerate(far.flows):
        forward, backward = (torch.from_numpy(field).to(frames.device) for field in (flow.forward, flow.backward))
        cue[first :: far.gap] = estimate_network_cue(forward, backward, frames[first :: far.gap])
    return cue


def _resize_flow(field: Float32[Tensor, "s h w 2"], size: tuple[int, int]) -> Float32[Tensor, "s g v 2"]:
    ratio = field.new_tensor([size[1] / field.shape[2], size[0] / field.shape[1]])
    return _resize(field.movedim(-1, 1), size).movedim(1, -1) * ratio


def _resize(values: Float32[Tensor, "m c h w"], size: tuple[int, int]) -> Float32[Tensor, "m c g v"]:
    if tuple(values.shape[2:]) == size:
        return values
    return functional.interpolate(values, size, mode="bilinear", align_corners=False, antialias=True)


@cache
def read_motion_network(device_name: str) -> MotionNetwork:
    """Return the network with the weights of the package. Each process reads them once for a device."""
    network = MotionNetwork()
    network.load_state_dict(load(files("ike_ray.motion").joinpath(WEIGHTS).read_bytes()))
    return network.eval().to(device_name, memory_format=torch.channels_last)  # type: ignore[call-overload]
