"""What the graph finds with `graph.method=walk`: cues that are averaged along chains that can be trusted."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float32
from torch import Tensor

from ike_ray.graph.walk import ChainWalk

# How often motion is averaged along chains. Between once and four times, J of 44 clips moved by at most 0.004
# (benchmarks/experiments/2026-11-29-sensitivity.md).
_NUM_WALKS = 2
# The network's share in the soft mask, from the second time on that the graph is asked. The network's map counts twice as
# much as motion, which still holds it to what moves.
_NETWORK_SHARE = 0.67


@dataclass(frozen=True, kw_only=True)
class GraphSolution:
    """What the graph found, and how the iteration went."""

    soft_masks: Float32[Tensor, "m h w"]
    movements: tuple[float, ...]  # the mean absolute movement of the soft masks in each iteration
    is_converged: bool  # always true for the walk; for power iteration true if the last movement was below its tolerance


def walk_graph(walk: ChainWalk, motion_cue: Float32[Tensor, "m h w"]) -> GraphSolution:
    """Return the motion cue, averaged twice along chains, in [0, 1].

    This is not in IKE. It replaces power iteration and projection, and keeps their averaging along chains.
    """
    soft_masks, movements = motion_cue, []
    for _ in range(_NUM_WALKS):
        updated = walk.average(soft_masks[None])[0]
        movements.append((updated - soft_masks).abs().mean().item())
        soft_masks = updated
    return GraphSolution(soft_masks=soft_masks, movements=tuple(movements), is_converged=True)


def mix_cue(motion: GraphSolution, walk: ChainWalk, cue: Float32[Tensor, "m h w"]) -> GraphSolution:
    """Return 0.33 times what `walk_graph` found plus 0.67 times `cue`, averaged along chains."""
    averaged = walk.average(cue[None])[0]
    return replace(motion, soft_masks=torch.lerp(motion.soft_masks, averaged, _NETWORK_SHARE))
