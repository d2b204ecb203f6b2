"""Train the motion network on drawn samples."""

import copy
import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor
from torch.nn import functional

from ike_ray.motion.maps import HORIZONTAL, REVERSED, VECTORS, VERTICAL
from ike_ray.motion.mislead import mislead_maps
from ike_ray.motion.network import MotionNetwork
from ike_ray.motion.samples import MotionSample, decode_maps
from ike_ray.precision import build_autocast

_BATCH_SIZE = 8
_PEAK_LEARNING_RATE, _WARM_UP = 4e-3, 0.05  # of AdamW; it rises for this share of the steps, then falls as a cosine
_WEIGHT_DECAY, _LARGEST_GRADIENT = 1e-4, 1.0
_DICE_WEIGHT, _DICE_OFFSET_PX = 0.5, 50.0
_MEMORY = 0.998  # the weights that are kept are the mean of the last 500 steps
_FIRST_BIAS = -1.5  # most nodes do not move by themselves
# The shares of batches that are mirrored, turned upside down, played backwards and cropped to 3/4, and the share of the
# cropped ones that is seen 4/3 as large.
_MIRRORED, _TURNED, _BACKWARDS, _CROPPED, _ENLARGED = 0.5, 0.15, 0.5, 0.5, 0.4
_SIDE_MULTIPLE_PX = 16


def train_motion_network(
    read: Callable[[str], MotionSample],
    groups: Sequence[Sequence[str]],
    *,
    num_steps: int,
    seed: int,
    watch: Callable[[int, float], None] = lambda step, loss: None,
) -> MotionNetwork:
    """Return a network that has learned from the samples that `read` returns, in evaluation mode, on the CPU.

    Each group holds the URIs of samples whose maps have one size. The loss is that of `evaluate_motion_loss`.
    `watch` is called after each step with its loss.
    """
    generator = np.random.default_rng(seed)
    with torch.random.fork_rng(devices=[]):  # modules draw their weights from the global generator, which is set back
        torch.manual_seed(seed)
        network = MotionNetwork().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    torch.nn.init.constant_(network.head.bias, _FIRST_BIAS)
    mean = copy.deepcopy(network)
    optimizer = torch.optim.AdamW(network.parameters(), _PEAK_LEARNING_RATE, weight_decay=_WEIGHT_DECAY)
    for step, (maps, truth) in enumerate(_follow_batches(read, groups, num_steps, generator)):
        for group in optimizer.param_groups:
            group["lr"] = _PEAK_LEARNING_RATE * _fade(step / num_steps)
        with build_autocast(torch.device("cpu"), "bfloat16"):
            scores = network(maps)
        loss = evaluate_motion_loss(scores.float(), truth)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), _LARGEST_GRADIENT)
        optimizer.step()
        _follow(mean, network, min(_MEMORY, (step + 1) / (step + 10)))
        watch(step + 1, float(loss.detach()))
    return mean.eval()


def evaluate_motion_loss(scores: Float32[Tensor, "b h w"], truth: Float32[Tensor, "b h w"]) -> Float[Tensor, ""]:
    """Return the binary cross-entropy plus half of 1 - (2 |p t| + 50) / (|p| + |t| + 50), where p are probabilities."""
    probabilities = scores.sigmoid()
    both = (probabilities * truth).sum(dim=(1, 2))
    total = probabilities.sum(dim=(1, 2)) + truth.sum(dim=(1, 2))
    dice = 1 - (2 * both + _DICE_OFFSET_PX) / (total + _DICE_OFFSET_PX)
    return functional.binary_cross_entropy_with_logits(scores, truth) + _DICE_WEIGHT * dice.mean()


def reverse_maps(maps: Float32[Tensor, "b 16 h w"]) -> Float32[Tensor, "b 16 h w"]:
    """Return the maps of the clip that is played backwards."""
    sources, signs = zip(*REVERSED, strict=True)
    return maps[:, list(sources)] * torch.tensor(signs, dtype=maps.dtype)[None, :, None, None]


def _follow_batches(
    read: Callable[[str], MotionSample], groups: Sequence[Sequence[str]], num_steps: int, generator: np.random.Generator
) -> Iterator[tuple[Float32[Tensor, "b 16 h w"], Float32[Tensor, "b h w"]]]:
    """Yield batches of one size each: one random frame of random clips."""
    shares = np.array([len(group) for group in groups]) / sum(len(group) for group in groups)
    for _ in range(num_steps):
        group = groups[int(generator.choice(len(groups), p=shares))]
        samples = [read(group[int(index)]) for index in generator.integers(0, len(group), _BATCH_SIZE)]
        chosen = generator.integers(0, len(samples[0].opacity), _BATCH_SIZE)
        maps = decode_maps(np.stack([sample.maps[frame] for sample, frame in zip(samples, chosen, strict=True)]))
        truth = np.stack([sample.opacity[frame] for sample, frame in zip(samples, chosen, strict=True)])
        opacity = torch.from_numpy(truth).float() / 255
        maps, opacity = _augment(mislead_maps(maps, opacity, generator), opacity, generator)
        yield maps.contiguous(memory_format=torch.channels_last), opacity


def _augment(
    maps: Float32[Tensor, "b 16 h w"], truth: Float32[Tensor, "b h w"], generator: np.random.Generator
) -> tuple[Float32[Tensor, "b 16 g v"], Float32[Tensor, "b g v"]]:
    if generator.random() < _MIRRORED:
        maps, truth = maps.flip(3), truth.flip(2)
        maps[:, list(HORIZONTAL)] *= -1
    if generator.random() < _TURNED:
        maps, truth = maps.flip(2), truth.flip(1)
        maps[:, list(VERTICAL)] *= -1
    if generator.random() < _BACKWARDS:
        maps = reverse_maps(maps)
    if generator.random() < _CROPPED:
        sides = [side * 3 // 4 // _SIDE_MULTIPLE_PX * _SIDE_MULTIPLE_PX for side in truth.shape[1:]]
        top, left = (int(generator.integers(0, whole - side + 1)) for whole, side in zip(truth.shape[1:], sides, strict=True))
        maps, truth = (value[..., top : top + sides[0], left : left + sides[1]] for value in (maps, truth))
        if generator.random() < _ENLARGED:
            maps, truth = _enlarge(maps, 4 / 3), _enlarge(truth[:, None], 4 / 3)[:, 0]
            maps[:, list(VECTORS)] = torch.asinh(torch.sinh(maps[:, list(VECTORS)]) * 4 / 3)
    return maps, truth


def _enlarge(values: Float32[Tensor, "b c h w"], factor: float) -> Float32[Tensor, "b c g v"]:
    return functional.interpolate(values, scale_factor=factor, mode="bilinear", align_corners=False)


def _fade(progress: float) -> float:
    """Return the share of the peak learning rate, which rises linearly and then falls as half a cosine."""
    if progress < _WARM_UP:
        return progress / _WARM_UP + 1e-3
    return 0.5 * (1 + math.cos(math.pi * (progress - _WARM_UP) / (1 - _WARM_UP))) + 1e-3


@torch.no_grad()
def _follow(mean: MotionNetwork, network: MotionNetwork, memory: float) -> None:
    """Move the mean weights and the statistics of batch norm towards the network's."""
    for kept, new in zip(mean.state_dict().values(), network.state_dict().values(), strict=True):
        if kept.is_floating_point():
            kept.lerp_(new, 1 - memory)
        else:
            kept.copy_(new)
