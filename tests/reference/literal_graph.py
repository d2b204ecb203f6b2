"""The published graph as the text says it, link by link: every link stored, four gathers and four scatters a chain position.

`benchmarks.graph` measures `ike_ray.graph` against it.
"""

import math
from dataclasses import dataclass

import torch

from ike_ray.graph.chains import follow_chains


@dataclass(frozen=True, kw_only=True)
class LiteralGraph:
    """48 bytes a chain position: a frame of 224 x 416 at a reach of 15 has 134 MB of links.

    For each pivot frame and gap: the rows and columns (floor, then ceil) of every pixel's position, int64 and clamped into
    the image, and the weights of its four links, float32, 0 for one that leads out of it.
    """

    height: int
    width: int
    frames: tuple[tuple[int, ...], ...]  # for each pivot, the frame that each of its gaps leads to
    rows: tuple[torch.Tensor, ...]  # for each pivot (gaps, 2, n)
    columns: tuple[torch.Tensor, ...]
    weights: tuple[torch.Tensor, ...]  # (gaps, 2, 2, n): row, column

    def propagate(self, soft_masks: torch.Tensor) -> torch.Tensor:
        """(I + W + W^T) s of soft masks (m, h, w)."""
        nodes = soft_masks.flatten(1)
        total = nodes.clone()
        for pivot, frames in enumerate(self.frames):
            for gap, frame in enumerate(frames):
                for row in (0, 1):
                    for column in (0, 1):
                        links = self.rows[pivot][gap, row] * self.width + self.columns[pivot][gap, column]
                        weights = self.weights[pivot][gap, row, column]
                        total[pivot] += weights * nodes[frame][links]
                        total[frame].index_add_(0, links, weights * nodes[pivot])
        return total.reshape(soft_masks.shape)

    @property
    def num_bytes(self) -> int:
        """Of all stored links."""
        return sum(
            tensor.numel() * tensor.element_size() for part in (self.rows, self.columns, self.weights) for tensor in part
        )


def build_literal_graph(
    forward: torch.Tensor, backward: torch.Tensor, reach_frames: int, sigma_frames: float
) -> LiteralGraph:
    """The graph of a video's flow (s, h, w, 2)."""
    height, width = forward.shape[1:3]
    last = torch.tensor([width - 1, height - 1])
    frames, rows, columns, weights = [], [], [], []
    for pivot in range(len(forward) + 1):
        steps = list(follow_chains(forward, backward, pivot, reach_frames))
        corners = torch.stack([torch.stack([step.position_px.floor(), step.position_px.ceil()]) for step in steps]).long()
        is_inside = (corners >= 0) & (corners <= last)
        clamped = corners.clamp_min(0).minimum(last)
        gaussian = torch.tensor([math.exp(-((step.frame - pivot) ** 2) / (2 * sigma_frames**2)) for step in steps])
        frames.append(tuple(step.frame for step in steps))
        columns.append(clamped[..., 0].contiguous())
        rows.append(clamped[..., 1].contiguous())
        both = is_inside[:, :, None, :, 1] & is_inside[:, None, :, :, 0]
        weights.append(gaussian[:, None, None, None] * both)
    return LiteralGraph(
        height=height, width=width, frames=tuple(frames), rows=tuple(rows), columns=tuple(columns), weights=tuple(weights)
    )
