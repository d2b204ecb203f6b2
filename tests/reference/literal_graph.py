"""The published graph as the text says it, link by link: every link stored, four gathers and four scatters a chain position.

`benchmarks.graph` measures `ike_ray.graph` against it.
"""

from dataclasses import dataclass

import torch

from ike_ray.config import GraphConfig
from ike_ray.graph.chains import follow_chains
from ike_ray.graph.operator import SpaceTimeGraph, weigh_gap


@dataclass(frozen=True, kw_only=True)
class LiteralGraph(SpaceTimeGraph):
    """48 bytes a chain position: a frame of 224 x 416 at a reach of 15 has 134 MB of links.

    For each pivot frame and gap: the rows and columns (floor, then ceil) of every pixel's position, int64 and clamped into
    the image, and the weights of its four links, float32, 0 for one that leads out of it.
    """

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


def build_literal_graph(forward: torch.Tensor, backward: torch.Tensor, config: GraphConfig) -> LiteralGraph:
    """The graph of a video's flow (s, h, w, 2)."""
    height, width = forward.shape[1:3]
    frames, rows, columns, weights = [], [], [], []
    for pivot in range(len(forward) + 1):
        reached = []
        num_gaps = min(pivot, config.reach_frames) + min(len(forward) - pivot, config.reach_frames)
        own_rows, own_columns = (torch.empty((num_gaps, 2, height * width), dtype=torch.int64) for _ in range(2))
        own_weights = torch.empty((num_gaps, 2, 2, height * width))
        for gap, step in enumerate(follow_chains(forward, backward, pivot, config.reach_frames)):
            weight = weigh_gap(abs(step.frame - pivot), config)
            is_inside = []
            for axis, own, side in ((0, own_columns, width), (1, own_rows, height)):
                position = step.position_px[:, axis]
                corners = torch.stack([position.floor(), position.ceil()]).long()
                is_inside.append((corners >= 0) & (corners < side))
                own[gap] = corners.clamp(0, side - 1)
            own_weights[gap] = weight * (is_inside[1][:, None] & is_inside[0][None])
            reached.append(step.frame)
        frames.append(tuple(reached))
        rows.append(own_rows)
        columns.append(own_columns)
        weights.append(own_weights)
    return LiteralGraph(
        height=height, width=width, frames=tuple(frames), rows=tuple(rows), columns=tuple(columns), weights=tuple(weights)
    )
