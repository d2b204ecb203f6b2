"""The space-time graph on any device: one gather and one scatter for each link, as tensor operations."""

from dataclasses import dataclass

import torch
from einops import rearrange
from jaxtyping import Float32, Int32
from torch import Tensor

from ike_ray.config import PublishedGraphConfig
from ike_ray.graph.published.chains import follow_chains
from ike_ray.graph.published.lattice import build_cells, collect, num_cells, spread
from ike_ray.graph.published.operator import SpaceTimeGraph, weigh_gap


@dataclass(frozen=True, kw_only=True)
class LatticeGraph(SpaceTimeGraph):
    """The lattice cells that the chains of all pivot frames pass at each gap, and the weight of each gap.

    It takes one `int32` for each step of a chain, so 4 * 2 * reach bytes for a node: 2.8 MB for a frame of 112 x 208 at a
    reach of 15.
    """

    # Each gap has its pivot frames, the cell of each (pivot, pixel), counted on through the lattices of all frames, and a
    # weight.
    links: tuple[tuple[range, Int32[Tensor, " _"], float], ...]

    def propagate(
        self, soft_masks: Float32[Tensor, "m h w"], *, out: Float32[Tensor, "m h w"] | None = None
    ) -> Float32[Tensor, "m h w"]:
        """Return M s. On a GPU the additions of W^T come in no fixed order, so the last bits vary."""
        nodes = rearrange(soft_masks, "m h w -> m (h w)")
        lattice = rearrange(spread(soft_masks), "m cells -> (m cells)")
        total = nodes.clone()
        scattered = torch.zeros_like(lattice)
        for pivots, cells, weight in self.links:
            own = slice(pivots.start, pivots.stop)
            passed = rearrange(lattice.index_select(0, cells), "(p n) -> p n", p=len(pivots))
            total[own].add_(passed, alpha=weight)
            scattered.index_add_(0, cells, rearrange(nodes[own], "p n -> (p n)"), alpha=weight)
        scattered = rearrange(scattered, "(m cells) -> m cells", m=len(nodes))
        gathered = rearrange(total, "m (h w) -> m h w", h=self.height)
        return torch.add(gathered, collect(scattered, self.height, self.width), out=out)


def build_lattice_graph(
    forward: Float32[Tensor, "s h w 2"], backward: Float32[Tensor, "s h w 2"], config: PublishedGraphConfig
) -> LatticeGraph:
    """Return the graph of a video from its flow, on the flow's device. Without flow (a single frame) M is the identity."""
    height, width = forward.shape[1:3]
    links = []
    for step in follow_chains(forward, backward, config.reach_frames):
        frames = torch.arange(step.pivots.start, step.pivots.stop, dtype=torch.int32, device=forward.device) + step.gap
        cells = build_cells(step.position_px, height, width) + frames[:, None] * num_cells(height, width)
        links.append((step.pivots, rearrange(cells, "p n -> (p n)"), weigh_gap(abs(step.gap), config)))
    return LatticeGraph(height=height, width=width, links=tuple(links))
