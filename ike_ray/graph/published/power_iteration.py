"""The published graph of one window and its main cluster, found by power iteration with projection onto the node features.

The rest of the program enters `ike_ray.graph.published` by this module. It also decides how a device computes the graph and
the projection.
"""

import torch
from einops import rearrange
from jaxtyping import Float32
from torch import Tensor

from ike_ray.config import PublishedGraphConfig
from ike_ray.graph.published.features import build_features
from ike_ray.graph.published.lattice_graph import build_lattice_graph
from ike_ray.graph.published.operator import SpaceTimeGraph
from ike_ray.graph.published.projection import Projector, build_projector
from ike_ray.graph.published.scale import scale_frames_to_range
from ike_ray.graph.published.seed_map import build_seed_map
from ike_ray.graph.solve import GraphSolution

# Compiled modules are imported where they are needed: numba takes 60 MB of a worker, and the default method does without it.


class PublishedGraph:
    """The published graph of one window. It is built once, and each call of `solve` takes a cue of its own."""

    def __init__(
        self,
        forward: Float32[Tensor, "s h w 2"],
        backward: Float32[Tensor, "s h w 2"],
        config: PublishedGraphConfig,
        generator: torch.Generator,
    ) -> None:
        self._forward, self._backward, self._config = forward, backward, config
        self._graph = build_graph(forward, backward, config)
        shape = (len(forward) + 1, self._graph.height, self._graph.width)
        self._seed = build_seed_map(shape, config, generator, forward.device)

    def solve(self, cue: Float32[Tensor, "m h w"] | None) -> GraphSolution:
        """Return the main cluster of the graph, on the flow's device. A cue adds its features to those of motion."""
        # The projector is built again each time, which costs little. Kept while the network learns, it takes 40 bytes a node.
        cues = None if cue is None else rearrange(cue, "m h w -> 1 m h w")
        projector = build_feature_projector(self._forward, self._backward, cues, self._config)
        return solve_graph(self._graph, projector, self._seed, self._config)


def build_graph(
    forward: Float32[Tensor, "s h w 2"], backward: Float32[Tensor, "s h w 2"], config: PublishedGraphConfig
) -> SpaceTimeGraph:
    """Return the graph of a video from its flow, for the flow's device. Without flow (a single frame) M is the identity."""
    match forward.device.type:
        case "cpu":
            from ike_ray.graph.published.compiled_graph import build_compiled_graph  # noqa: PLC0415

            return build_compiled_graph(forward, backward, config)
        case _:
            return build_lattice_graph(forward, backward, config)


def build_feature_projector(
    forward: Float32[Tensor, "s h w 2"],
    backward: Float32[Tensor, "s h w 2"],
    cues: Float32[Tensor, "c m h w"] | None,
    config: PublishedGraphConfig,
) -> Projector:
    """Return the projection onto the features of a video's motion and of the cues, if there are any, for the flow's
    device."""
    match forward.device.type:
        case "cpu":
            from ike_ray.graph.published.compiled_projection import build_compiled_projector  # noqa: PLC0415

            return build_compiled_projector(
                forward, backward, cues, motion_reach_frames=config.motion_reach_frames, ridge=config.ridge
            )
        case _:
            return build_projector(build_features(forward, backward, cues, config.motion_reach_frames), config.ridge)


def solve_graph(
    graph: SpaceTimeGraph, projector: Projector, seed: Float32[Tensor, "m h w"], config: PublishedGraphConfig
) -> GraphSolution:
    """Return the fixed point of s <- P M s, with each frame scaled to [0, 1]: the principal eigenvector of P M P.

    P projects each frame onto its features and a constant, and M is the graph. If the features of a frame say nothing (one
    frame, no motion), the constant alone explains it, and its soft mask is 0 everywhere.

    Source: IKE, section on the power iteration. There is one departure from the text, and none from the published program:
    the minimum of a frame is not subtracted after M s. In that program links out of the image end in pixel (0, 0), which is
    then set to 0, so that the minimum of every frame is 0. It then divides by the maximum. The scaling that follows undoes
    that division, so it is left out here.
    """
    # Two arrays take turns, and all work is done in place, because a new array of 24 frames of 224 x 416 costs 3 ms on a CPU.
    soft_masks, updated = seed.clone(), torch.empty_like(seed)
    movements: list[Tensor] = []
    for _ in range(config.max_iterations):
        nodes = rearrange(graph.propagate(soft_masks, out=updated), "m h w -> m (h w)")
        projector.project(nodes, out=nodes).clamp_min_(0)
        scale_frames_to_range(nodes, out=nodes)
        movements.append(soft_masks.sub_(updated).abs_().mean())
        soft_masks, updated = updated, soft_masks
        if config.tolerance > 0 and movements[-1] < config.tolerance:  # a tolerance of 0 asks no GPU and waits for none
            break
    moved = torch.stack(movements).tolist()
    return GraphSolution(soft_masks=soft_masks, movements=tuple(moved), is_converged=moved[-1] < config.tolerance)
