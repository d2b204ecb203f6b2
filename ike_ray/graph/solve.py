"""The main cluster of the space-time graph: power iteration with projection onto the node features."""

from dataclasses import dataclass, replace

import torch
from einops import rearrange
from jaxtyping import Float32
from torch import Tensor

from ike_ray.config import GraphConfig
from ike_ray.graph.operator import SpaceTimeGraph
from ike_ray.graph.projection import Projector
from ike_ray.graph.scale import scale_frames_to_range
from ike_ray.graph.walk import ChainWalk


@dataclass(frozen=True, kw_only=True)
class GraphSolution:
    """What the power iteration found, and how it went."""

    soft_masks: Float32[Tensor, "m h w"]
    movements: tuple[float, ...]  # mean absolute movement of the soft masks in each iteration
    is_converged: bool  # the last movement was below the tolerance; never, where that is 0


def solve_graph(
    graph: SpaceTimeGraph, projector: Projector, seed: Float32[Tensor, "m h w"], config: GraphConfig
) -> GraphSolution:
    """The fixed point of s <- P M s, each frame scaled to [0, 1]: the principal eigenvector of P M P.

    P projects each frame onto `features` (and a constant), M is the graph. A frame whose features say nothing (one frame,
    no motion) is explained by the constant alone, and its soft mask is 0 everywhere.

    Source: IKE, section on the power iteration. One departure from the text, none from the program: after M s a frame's
    minimum is not subtracted. In the published program links out of the image end in pixel (0, 0), which is then set to 0 and
    so is the minimum of every frame. What is left there is a division by the maximum, and the scaling that follows takes a
    factor out again: it is not done.
    """
    # Two arrays, in turn, and what is done with them in place: a new one of 24 frames of 224 x 416 costs 3 ms on a CPU.
    soft_masks, updated = seed.clone(), torch.empty_like(seed)
    movements: list[Tensor] = []
    for _ in range(config.max_iterations):
        nodes = rearrange(graph.propagate(soft_masks, out=updated), "m h w -> m (h w)")
        projector.project(nodes, out=nodes).clamp_min_(0)
        scale_frames_to_range(nodes, out=nodes)
        movements.append(soft_masks.sub_(updated).abs_().mean())
        soft_masks, updated = updated, soft_masks
        if config.tolerance > 0 and movements[-1] < config.tolerance:  # without it a GPU is not asked, nor waited for
            break
    moved = torch.stack(movements).tolist()
    return GraphSolution(soft_masks=soft_masks, movements=tuple(moved), is_converged=moved[-1] < config.tolerance)


def walk_graph(walk: ChainWalk, motion_cue: Float32[Tensor, "m h w"], config: GraphConfig) -> GraphSolution:
    """The motion cue, averaged along chains `config.num_walks` times. In [0, 1].

    Not in IKE: it takes the place of power iteration and projection, and keeps of them the averaging along chains.
    """
    soft_masks, movements = motion_cue, []
    for _ in range(config.num_walks):
        updated = walk.average(soft_masks[None])[0]
        movements.append((updated - soft_masks).abs().mean().item())
        soft_masks = updated
    return GraphSolution(soft_masks=soft_masks, movements=tuple(movements), is_converged=movements[-1] < config.tolerance)


def mix_cue(motion: GraphSolution, walk: ChainWalk, cue: Float32[Tensor, "m h w"], config: GraphConfig) -> GraphSolution:
    """What `walk_graph` found and `cue`, averaged along chains, whose share is `config.cue_weight`."""
    averaged = walk.average(cue[None])[0]
    return replace(motion, soft_masks=torch.lerp(motion.soft_masks, averaged, config.cue_weight))
