"""The space-time graph on any device: one gather and one scatter a link, as tensor operations."""

from dataclasses import dataclass

import torch
from einops import rearrange
from jaxtyping import Float32, Int32
from torch import Tensor

from ike_ray.config import GraphConfig
from ike_ray.graph.chains import follow_chains
from ike_ray.graph.lattice import build_cells, collect, num_cells, spread
from ike_ray.graph.operator import SpaceTimeGraph, weigh_gap


@dataclass(frozen=True, kw_only=True)
class LatticeGraph(SpaceTimeGraph):
    """For each pivot frame the lattice cells that its chains pass, and the weight of each gap.

    Costs one `int32` a chain step, so 4 * 2 * reach bytes a node: 2.8 MB a frame of 112 x 208 at a reach of 15.
    """

    # For each pivot: cell of (gap, pixel), gap by gap, counted on through the lattices of all frames of the video.
    cells: tuple[Int32[Tensor, " _"], ...]
    weights: tuple[Float32[Tensor, " _"], ...]  # for each pivot: the temporal weight of each of its gaps

    def propagate(self, soft_masks: Float32[Tensor, "m h w"]) -> Float32[Tensor, "m h w"]:
        """M s. On a GPU the additions of W^T come in no fixed order, so the last bits vary."""
        nodes = rearrange(soft_masks, "m h w -> m (h w)")
        lattice = rearrange(spread(soft_masks), "m cells -> (m cells)")
        gathered = torch.zeros_like(nodes)
        scattered = torch.zeros_like(lattice)
        for pivot, (cells, weights) in enumerate(zip(self.cells, self.weights, strict=True)):
            passed = rearrange(lattice.index_select(0, cells), "(gaps n) -> gaps n", n=nodes.shape[1])
            gathered[pivot] = weights @ passed
            scattered.index_add_(0, cells, rearrange(torch.outer(weights, nodes[pivot]), "gaps n -> (gaps n)"))
        scattered = rearrange(scattered, "(m cells) -> m cells", m=len(nodes))
        gathered = rearrange(gathered, "m (h w) -> m h w", h=self.height)
        return soft_masks + gathered + collect(scattered, self.height, self.width)


def build_lattice_graph(
    forward: Float32[Tensor, "s h w 2"], backward: Float32[Tensor, "s h w 2"], config: GraphConfig
) -> LatticeGraph:
    """The graph of a video from its flow, on the flow's device. Without flow (a single frame) M is the identity."""
    num_frames, (height, width) = len(forward) + 1, forward.shape[1:3]
    cells, weights = [], []
    for pivot in range(num_frames):
        own_cells, own_weights = [forward.new_empty(0, dtype=torch.int32)], []
        for step in follow_chains(forward, backward, pivot, config.reach_frames):
            own_cells.append(build_cells(step.position_px, height, width) + step.frame * num_cells(height, width))
            own_weights.append(weigh_gap(abs(step.frame - pivot), config))
        cells.append(torch.cat(own_cells))
        weights.append(forward.new_tensor(own_weights))
    return LatticeGraph(height=height, width=width, cells=tuple(cells), weights=tuple(weights))
