"""The space-time graph on a CPU: compiled loops pass each link once, gathering and scattering on the way.

Where a chain stands is kept as on the half-pixel lattice (`ike_ray.graph.lattice`), by floor + ceil of both coordinates. Both
are odd nearly always, and then the four pixels are a box between pixels: its sum is read, and what is scattered is added to
one number for all four. The rest, chains that stand on a row or a column of pixels, goes pixel by pixel.
"""

from dataclasses import dataclass

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float32, Int64, Shaped
from torch import Tensor

from ike_ray.config import GraphConfig
from ike_ray.graph.compiled_chains import list_steps
from ike_ray.graph.links import SPARE_BOXES, collect_boxes, exchange_along_chains, fill_boxes
from ike_ray.graph.operator import SpaceTimeGraph, weigh_gap
from ike_ray.graph.threads import list_share, run_threads

# A step over d pixels changes floor + ceil by no more than 2 d, rounded up: up to here a byte holds it.
_LONGEST_STEP_PX = 63


@dataclass(frozen=True, kw_only=True)
class CompiledGraph(SpaceTimeGraph):
    """The steps of all chains on the lattice, row by row of each pivot frame: 2 bytes a step, 4 if one is over 63 pixels.

    So 4 * reach bytes a node, 5.6 MB a frame of 224 x 416 at a reach of 15, and 4 bytes a node and 8 more for each thread to
    work with, of which there are as many as torch had when the graph was built; the last bits of a product depend on their
    number. Products share that memory, so they are not for several callers at once.
    """

    steps: Shaped[np.ndarray, " _"]
    starts: Int64[np.ndarray, " pivots"]  # where in `steps` each pivot frame begins
    weights: Float32[np.ndarray, " gaps"]  # of a link, by the frames it spans; the first is not used
    # To work with: allocating it anew for each product takes as long as the product.
    boxes: Float32[np.ndarray, "m boxes"]  # sums over the four pixels of each
    sent: Float32[np.ndarray, "threads m boxes"]  # to boxes
    received: Float32[np.ndarray, "threads m n"]  # by pixels

    def propagate(
        self, soft_masks: Float32[Tensor, "m h w"], *, out: Float32[Tensor, "m h w"] | None = None
    ) -> Float32[Tensor, "m h w"]:
        """M s."""
        out = torch.empty_like(soft_masks, memory_format=torch.contiguous_format) if out is None else out
        nodes, total = (rearrange(values, "m h w -> m (h w)").numpy() for values in (soft_masks.contiguous(), out))
        num_threads = len(self.received)

        def prepare(thread: int) -> None:
            fill_boxes(nodes, self.width, list_share(len(nodes), thread, num_threads), self.boxes)
            self.sent[thread].fill(0)
            self.received[thread].fill(0)

        def exchange(thread: int) -> None:
            rows = list_share(self.height, thread, num_threads)
            links = self.steps, self.starts, self.weights, self.width, rows
            exchange_along_chains(nodes, self.boxes, *links, self.sent[thread], self.received[thread])

        def collect(thread: int) -> None:
            frames = list_share(len(nodes), thread, num_threads)
            collect_boxes(nodes, self.sent, self.received, self.width, frames, total)

        for work in (prepare, exchange, collect):
            run_threads(work, num_threads)
        return out


def build_compiled_graph(
    forward: Float32[Tensor, "s h w 2"], backward: Float32[Tensor, "s h w 2"], config: GraphConfig
) -> CompiledGraph:
    """The graph of a video from its flow. Without flow (a single frame) M is the identity."""
    num_frames, (height, width) = len(forward) + 1, forward.shape[1:3]
    pivots = np.arange(num_frames)
    num_gaps = np.minimum(config.reach_frames, pivots) + np.minimum(config.reach_frames, num_frames - 1 - pivots)
    ends = np.cumsum(num_gaps * height * width * 2)
    starts = ends - num_gaps * height * width * 2
    longest_px = max((float(flow.abs().max()) for flow in (forward, backward) if flow.numel()), default=0.0)
    steps = np.empty(ends[-1], np.int8 if longest_px <= _LONGEST_STEP_PX else np.int16)
    fields = forward.contiguous().numpy(), backward.contiguous().numpy()
    num_parts = min(num_frames, torch.get_num_threads())
    run_threads(
        lambda part: list_steps(*fields, config.reach_frames, list_share(num_frames, part, num_parts), starts, steps),
        num_parts,
    )
    num_threads = min(height, torch.get_num_threads())
    num_boxes = (height + 1) * (width + 1) + SPARE_BOXES
    return CompiledGraph(
        height=height,
        width=width,
        steps=steps,
        starts=starts,
        weights=np.array([weigh_gap(gap, config) for gap in range(config.reach_frames + 1)], np.float32),
        boxes=np.zeros((num_frames, num_boxes), np.float32),
        sent=np.zeros((num_threads, num_frames, num_boxes), np.float32),
        received=np.zeros((num_threads, num_frames, height * width), np.float32),
    )
