"""The space-time graph on a CPU: compiled loops pass each link once, gathering and scattering on the way.

Nearly all chains stand between four pixels, which form a box. The sum of a box is read, and what is scattered is added to one
number for all four pixels. Neighbouring chains pass neighbouring boxes, so sixteen links are mostly a few bundles. Each
bundle is a load, a store and some arithmetic of sixteen numbers at once: see `ike_ray.graph.published.compiled_bundles`.
"""

from dataclasses import dataclass

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float32, Int32, UInt16, UInt64
from torch import Tensor

from ike_ray.config import PublishedGraphConfig
from ike_ray.graph.published.compiled_bundles import tie_bundles
from ike_ray.graph.published.compiled_lanes import NUM_LANES
from ike_ray.graph.published.compiled_links import collect_boxes, exchange_bundles, exchange_pixels, fill_boxes
from ike_ray.graph.published.operator import SpaceTimeGraph, weigh_gap
from ike_ray.graph.published.threads import list_share, run_threads

_ROWS_AT_ONCE = 4  # the bundles of this many rows are found before they are kept in arrays of the right length


@dataclass(frozen=True, kw_only=True)
class RowBundles:
    """The links of the chains that start in a few rows of pixels of all frames: see `compiled_bundles.tie_bundles`."""

    rows: tuple[int, int]  # first, end
    bundles: UInt64[np.ndarray, " bundles"]
    counts: UInt16[np.ndarray, " groups"]
    pixel_bundles: UInt64[np.ndarray, " others"]
    pixel_sources: Int32[np.ndarray, " others"]


@dataclass(frozen=True, kw_only=True)
class CompiledGraph(SpaceTimeGraph):
    """The links in bundles of 8 bytes. With the flow of real videos one bundle holds five links.

    A clip of tennis, 24 frames of 224 x 416, takes 3.1 MB a frame at a reach of 15. It would take 15 MB if no two neighbours
    moved alike. A product needs 4 more bytes for each node, and another 4 for each thread. There are as many threads as torch
    had when the graph was built, and the last bits of a product depend on their number. Products share that memory, so
    several callers cannot multiply at once.
    """

    shares: tuple[tuple[RowBundles, ...], ...]  # one share for each thread
    weights: Float32[np.ndarray, " gaps"]  # the weight of a link by the frames that it spans; the first is not used
    # The products work in these two arrays, because allocating them for each product takes as long as the product.
    boxes: Float32[np.ndarray, " boxes"]  # the sum over the four pixels of each box
    sent: Float32[np.ndarray, "threads boxes"]  # what each box is sent; 0 between products

    def propagate(
        self, soft_masks: Float32[Tensor, "m h w"], *, out: Float32[Tensor, "m h w"] | None = None
    ) -> Float32[Tensor, "m h w"]:
        """Return M s."""
        out = torch.empty_like(soft_masks, memory_format=torch.contiguous_format) if out is None else out
        nodes, total = (rearrange(values, "m h w -> m (h w)").numpy() for values in (soft_masks.contiguous(), out))
        num_threads = len(self.shares)

        def prepare(thread: int) -> None:
            fill_boxes(nodes, self.width, list_share(len(nodes), thread, num_threads), self.boxes)

        def exchange(thread: int) -> None:
            for links in self.shares[thread]:
                stored = links.bundles, links.counts, self.weights
                exchange_bundles(nodes, self.boxes, *stored, self.width, links.rows, self.sent[thread], total)

        def collect(thread: int) -> None:
            frames = list_share(len(nodes), thread, num_threads)
            collect_boxes(nodes, self.sent, self.width, frames, total)
            for share in self.shares:
                for links in share:
                    if len(links.pixel_bundles):
                        stored = links.pixel_bundles, links.pixel_sources, self.weights
                        exchange_pixels(nodes, *stored, self.width, frames, total)

        for work in (prepare, exchange, collect):
            run_threads(work, num_threads)
        return out


def build_compiled_graph(
    forward: Float32[Tensor, "s h w 2"], backward: Float32[Tensor, "s h w 2"], config: PublishedGraphConfig
) -> CompiledGraph:
    """Return the graph of a video from its flow. Without flow (a single frame) M is the identity."""
    num_frames, (height, width) = len(forward) + 1, forward.shape[1:3]
    fields = forward.contiguous().numpy(), backward.contiguous().numpy()
    num_threads = min(height, torch.get_num_threads())
    shares: list[tuple[RowBundles, ...]] = [()] * num_threads

    def tie(thread: int) -> None:
        shares[thread] = _list_bundles(*fields, config.reach_frames, list_share(height, thread, num_threads))

    run_threads(tie, num_threads)
    num_boxes = num_frames * (height + 1) * (width + 1) + 2 * NUM_LANES
    return CompiledGraph(
        height=height,
        width=width,
        shares=tuple(shares),
        weights=np.array([weigh_gap(gap, config) for gap in range(config.reach_frames + 1)], np.float32),
        boxes=np.zeros(num_boxes, np.float32),
        sent=np.zeros((num_threads, num_boxes), np.float32),
    )


def _list_bundles(
    forward: Float32[np.ndarray, "s h w 2"],
    backward: Float32[np.ndarray, "s h w 2"],
    reach_frames: int,
    rows: tuple[int, int],
) -> tuple[RowBundles, ...]:
    """Return the bundles of the chains that start in `rows` (first, end), a few rows at a time."""
    num_frames, width = len(forward) + 1, forward.shape[2]
    num_links = (
        _ROWS_AT_ONCE
        * width
        * sum(min(reach_frames, frame) + min(reach_frames, num_frames - 1 - frame) for frame in range(num_frames))
    )
    # There may be as many bundles as links, if no two belong together. What is not written takes no memory.
    bundles, pixel_bundles = np.empty((2, num_links), np.uint64)
    pixel_sources = np.empty(num_links, np.int32)
    listed = []
    for first in range(*rows, _ROWS_AT_ONCE):
        own = first, min(first + _ROWS_AT_ONCE, rows[1])
        counts = np.empty((own[1] - own[0]) * num_frames * -(-width // NUM_LANES), np.uint16)
        end, pixel_end = tie_bundles(forward, backward, reach_frames, own, bundles, counts, pixel_bundles, pixel_sources)
        listed.append(
            RowBundles(
                rows=own,
                bundles=bundles[:end].copy(),
                counts=counts,
                pixel_bundles=pixel_bundles[:pixel_end].copy(),
                pixel_sources=pixel_sources[:pixel_end].copy(),
            )
        )
    return tuple(listed)
