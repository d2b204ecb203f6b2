"""What tells, before anything is learned, which nodes are the object: witnesses that err independently, and their mean."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float32, UInt8
from torch import Tensor

from ike_ray.config import Config, GraphConfig
from ike_ray.cycle.known import NOTHING_KNOWN, Known
from ike_ray.graph.motion_cue import build_motion_cue, divide_by_top
from ike_ray.graph.walk import ChainWalk
from ike_ray.motion.cue import estimate_far_cue, estimate_network_cue
from ike_ray.saliency.saliency_map import estimate_saliency

# Saliency counts as this where nothing stands out. With 0, J of *dog-agility* is 0.51 instead of 0.60. Without saliency, J of
# the five clips of other kinds is 0.02 lower.
_LEAST_SALIENCY = 0.3


@dataclass(frozen=True, kw_only=True)
class Witnesses:
    """What each witness says, a map in [0, 1], or None if the settings do not ask it. At least one is there."""

    motion: Float32[Tensor, "m h w"] | None  # the size of the flow that the camera does not explain
    learned_motion: Float32[Tensor, "m h w"] | None  # the motion network's probability
    saliency: Float32[Tensor, "m h w"] | None  # how much the picture stands out

    def mix(self) -> Float32[Tensor, "m h w"]:
        """Return (w_1 w_2 ... w_n)^(1 / n), the cue that the graph starts from, where saliency s counts as 0.3 + 0.7 s.

        What a witness of motion denies is not in the cue, however sure the others are. Saliency may doubt and not deny: parts
        of an object often look like what is behind them.
        """
        maps = [found for found in (self.motion, self.learned_motion) if found is not None]
        if self.saliency is not None:
            maps.append(_LEAST_SALIENCY + (1 - _LEAST_SALIENCY) * self.saliency)
        return torch.stack(maps).prod(dim=0) ** (1 / len(maps))


def choose_far_gaps(config: Config) -> tuple[int, ...]:
    """Return the gaps over which the motion network needs flow, beside that of neighbours."""
    return () if config.graph.cue == "motion" or config.flow.method == "files" else config.graph.far_gaps


def estimate_saliencies(frames: UInt8[np.ndarray, "m h w 3"], stride: int) -> Float32[np.ndarray, "s h w"]:
    """Return the saliency of every `stride`-th frame, from the first on."""
    return np.stack([estimate_saliency(frame) for frame in frames[::stride]])


def ask_witnesses(
    walk: ChainWalk,
    frames: UInt8[np.ndarray, "m h w 3"],
    config: GraphConfig,
    known: Known = NOTHING_KNOWN,
) -> Witnesses:
    """Return the witnesses that `config.cue` and `config.saliency_stride` choose, on the walk's device.

    The motion network answers once for the flow of neighbours, which is the walk's, and once for each of `known.far_flows`.
    The median of its answers counts.

    If nothing moves, then both witnesses of motion are zero everywhere. A single frame has no motion, and its saliency is not
    asked.
    """
    on_device = torch.from_numpy(frames).to(walk.forward.device)
    motion = learned_motion = saliency = None
    if config.cue in ("motion", "both"):
        motion = build_motion_cue(walk, on_device)
    if config.cue in ("network", "both"):
        near = estimate_network_cue(walk.forward[..., :2], walk.backward[..., :2], on_device)
        learned_motion = _find_median([near, *(estimate_far_cue(far, on_device) for far in known.far_flows)])
    if config.saliency_stride is not None and len(walk.forward):
        wait = known.wait_for_saliency or partial(estimate_saliencies, frames, config.saliency_stride)
        saliency = _follow_saliency(walk, wait(), config.saliency_stride)
    return Witnesses(motion=motion, learned_motion=learned_motion, saliency=saliency)


def _find_median(maps: list[Float32[Tensor, "m h w"]]) -> Float32[Tensor, "m h w"]:
    """Return the median of each node's values. It is the mean of the two in the middle if their number is even."""
    ordered = torch.stack(maps).sort(dim=0).values
    return (ordered[(len(maps) - 1) // 2] + ordered[len(maps) // 2]) / 2


def _follow_saliency(walk: ChainWalk, saliencies: Float32[np.ndarray, "s h w"], stride: int) -> Float32[Tensor, "m h w"]:
    """Return the saliency of every `stride`-th frame, averaged along chains, divided by the 98th percentile of each frame.

    A node whose chain meets none of those frames has the value 0.
    """
    maps = np.zeros((2, len(walk.forward) + 1, *saliencies.shape[1:]), np.float32)
    maps[0, ::stride], maps[1, ::stride] = saliencies, 1
    sums, weights = walk.average(torch.from_numpy(maps).to(walk.forward.device))
    return divide_by_top(torch.where(weights > 0, sums / weights.clamp_min(1e-6), 0.0))
