"""The published graph as the text says it, frame by frame. It stores every link, with four gathers and scatters for each.

`benchmarks.graph` measures `ike_ray.graph.published` against it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from ike_ray.config import PublishedGraphConfig
from ike_ray.graph.published.operator import SpaceTimeGraph, weigh_gap
from ike_ray.graph.published.projection import Projector, solve_moments


@dataclass(frozen=True, kw_only=True)
class LiteralGraph(SpaceTimeGraph):
    """The graph with 48 bytes for a chain position, which is 134 MB of links for a frame of 224 x 416 at a reach of 15.

    For each pivot frame and gap it has the rows and columns (floor, then ceil) of every pixel's position, int64 and clamped
    into the image, and the weights of its four links, float32, which are 0 for a link that leads out of the image.
    """

    frames: tuple[tuple[int, ...], ...]  # for each pivot, the frame that each of its gaps leads to
    rows: tuple[torch.Tensor, ...]  # for each pivot (gaps, 2, n)
    columns: tuple[torch.Tensor, ...]
    weights: tuple[torch.Tensor, ...]  # (gaps, 2, 2, n): row, column

    def propagate(self, soft_masks: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
        """Return (I + W + W^T) s of soft masks (m, h, w)."""
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
        total = total.reshape(soft_masks.shape)
        return total if out is None else out.copy_(total)


def build_literal_graph(forward: torch.Tensor, backward: torch.Tensor, config: PublishedGraphConfig) -> LiteralGraph:
    """Return the graph of a video's flow (s, h, w, 2)."""
    height, width = forward.shape[1:3]
    frames, rows, columns, weights = [], [], [], []
    for pivot in range(len(forward) + 1):
        reached = []
        num_gaps = min(pivot, config.reach_frames) + min(len(forward) - pivot, config.reach_frames)
        own_rows, own_columns = forward.new_empty((2, num_gaps, 2, height * width), dtype=torch.int64)
        own_weights = forward.new_empty((num_gaps, 2, 2, height * width))
        for gap, (frame, positions, _) in enumerate(_follow(forward, backward, pivot, config.reach_frames)):
            weight = weigh_gap(abs(frame - pivot), config)
            is_inside = []
            for axis, own, side in ((0, own_columns, width), (1, own_rows, height)):
                position = positions[:, axis]
                corners = torch.stack([position.floor(), position.ceil()]).long()
                is_inside.append((corners >= 0) & (corners < side))
                own[gap] = corners.clamp(0, side - 1)
            own_weights[gap] = weight * (is_inside[1][:, None] & is_inside[0][None])
            reached.append(frame)
        frames.append(tuple(reached))
        rows.append(own_rows)
        columns.append(own_columns)
        weights.append(own_weights)
    return LiteralGraph(
        height=height, width=width, frames=tuple(frames), rows=tuple(rows), columns=tuple(columns), weights=tuple(weights)
    )


@dataclass(frozen=True, kw_only=True)
class LiteralProjector(Projector):
    """The projection, one frame after the other, with the column of ones, in float32."""

    features: torch.Tensor  # (m, n, d + 1)

    def project(self, values: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
        """Return F (F^T F + lambda I)^-1 F^T s of values (m, n)."""
        moments = [features.T @ frame for features, frame in zip(self.features, values, strict=True)]
        weights = solve_moments(torch.stack(moments).double(), self.factor)
        explained = torch.stack([features @ row for features, row in zip(self.features, weights, strict=True)])
        return explained if out is None else out.copy_(explained)


def build_literal_projector(forward: torch.Tensor, backward: torch.Tensor, config: PublishedGraphConfig) -> LiteralProjector:
    """Return the projector onto the motion features of a video's flow."""
    features = build_literal_features(forward, backward, config.motion_reach_frames).transpose(1, 2)
    features = torch.cat([features, features.new_ones((*features.shape[:2], 1))], dim=2)
    gram = torch.stack([frame.T @ frame for frame in features]).double()
    factor = torch.linalg.cholesky(gram + config.ridge * torch.eye(gram.shape[1], dtype=gram.dtype, device=gram.device))
    return LiteralProjector(features=features, factor=factor)


def build_literal_features(forward: torch.Tensor, backward: torch.Tensor, reach_frames: int) -> torch.Tensor:
    """Return motion features (m, 4 * reach, n): dx past, dx future, dy past, dy future, each block scaled to [0, 1]."""
    num_frames, num_nodes = len(forward) + 1, forward.shape[1] * forward.shape[2]
    features = forward.new_empty((num_frames, 2, 2 * reach_frames, num_nodes))
    for pivot in range(num_frames):
        steps = {frame: step for frame, _, step in _follow(forward, backward, pivot, reach_frames)}
        steps[pivot] = forward.new_zeros((num_nodes, 2))
        for column, offset in enumerate([*range(-reach_frames, 0), *range(1, reach_frames + 1)]):
            features[pivot, :, column] = steps[min(max(pivot + offset, 0), num_frames - 1)].T
    features = features.reshape(num_frames, 4 * reach_frames, num_nodes)
    for block in features.split(reach_frames, dim=1):
        lowest, highest = block.min(), block.max()
        block.sub_(lowest).div_(highest - lowest if highest > lowest else 1)
    return features


def _follow(
    forward: torch.Tensor, backward: torch.Tensor, pivot: int, reach_frames: int
) -> Iterator[tuple[int, torch.Tensor, torch.Tensor]]:
    """Yield for each frame that the chains of `pivot` reach its number, positions (n, 2) there and the last step (n, 2)."""
    height, width = forward.shape[1:3]
    rows, columns = torch.meshgrid(
        torch.arange(height, device=forward.device), torch.arange(width, device=forward.device), indexing="ij"
    )
    last = forward.new_tensor([width - 1, height - 1])
    for direction, flow in ((1, forward), (-1, backward)):
        position = torch.stack([columns, rows], dim=-1).reshape(-1, 2).float()
        for gap in range(1, (min(reach_frames, len(flow) - pivot) if direction == 1 else min(reach_frames, pivot)) + 1):
            frame = pivot + direction * gap
            nearest = position.round().clamp_min(0).minimum(last).long()
            step = flow[frame - 1 if direction == 1 else frame][nearest[:, 1], nearest[:, 0]]
            position = position + step
            yield frame, position, step
