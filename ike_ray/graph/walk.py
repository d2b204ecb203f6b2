"""Averaging along chains: one step of a random walk on the space-time graph, whose steps follow flow that can be trusted."""

import math
from dataclasses import dataclass

import torch
from einops import rearrange
from jaxtyping import Float32
from torch import Tensor

from ike_ray.config import GraphConfig
from ike_ray.flow.reliability import build_grid_positions, estimate_reliability, sample_field


@dataclass(frozen=True, kw_only=True)
class ChainWalk:
    """The links of a window with their weights: not stored, but followed anew with each step of the walk."""

    forward: Float32[Tensor, "s h w 3"]  # flow (dx, dy) and its reliability
    backward: Float32[Tensor, "s h w 3"]
    config: GraphConfig

    def average(self, maps: Float32[Tensor, "c m h w"]) -> Float32[Tensor, "c m h w"]:
        """D^-1 (I + W) s of each map: the mean of s over a node and the chain that starts there, both ways.

        A link over k frames weighs g(k) = exp(-k^2 / (2 sigma^2)) times the reliability of each of its k steps, and nothing
        once the chain has left the image. Flow, reliability and s are read bilinearly at real positions, unlike in the
        published graph. Within the range of s; a constant stays what it is, and so does any s without flow (one frame).

        Source: IKE, section on the graph, for chains and g; reliability and the division by the sum D are not in it.
        """
        values = rearrange(maps, "c m h w -> m h w c").contiguous()
        later, later_weights = self._follow(values, self.forward)
        earlier, earlier_weights = (x.flip(0) for x in self._follow(values.flip(0), self.backward.flip(0)))
        sums, weights = values + later + earlier, 1 + later_weights + earlier_weights
        return rearrange(sums / weights[..., None], "m h w c -> c m h w").contiguous()

    def _follow(
        self, values: Float32[Tensor, "m h w c"], steps: Float32[Tensor, "s h w 3"]
    ) -> tuple[Float32[Tensor, "m h w c"], Float32[Tensor, "m h w"]]:
        """What the chains of all nodes meet on their way through later frames, weighted, and the sum of the weights."""
        num_frames, height, width = values.shape[:3]
        sums, weights = torch.zeros_like(values), values.new_zeros((num_frames, height, width))
        positions = build_grid_positions(height, width, values.device).expand(num_frames, -1, -1, -1)
        trust = values.new_ones((num_frames, height, width))
        for gap in range(1, min(self.config.reach_frames, num_frames - 1) + 1):
            num_pivots = num_frames - gap  # the others' chains have come to the end of the video
            step = sample_field(steps[gap - 1 :], positions[:num_pivots])
            positions = positions[:num_pivots] + step[..., :2]
            trust = trust[:num_pivots] * step[..., 2] * _is_inside(positions)
            weight = math.exp(-(gap**2) / (2 * self.config.sigma_frames**2)) * trust
            sums[:num_pivots] += weight[..., None] * sample_field(values[gap:], positions)
            weights[:num_pivots] += weight
        return sums, weights


def build_chain_walk(
    forward: Float32[Tensor, "s h w 2"], backward: Float32[Tensor, "s h w 2"], config: GraphConfig
) -> ChainWalk:
    """The walk over the chains of a window's flow, on the flow's device; each way weighs by its own reliability."""
    return ChainWalk(
        forward=torch.cat([forward, estimate_reliability(forward, backward)[..., None]], dim=-1),
        backward=torch.cat([backward, estimate_reliability(backward, forward)[..., None]], dim=-1),
        config=config,
    )


def _is_inside(positions_px: Float32[Tensor, "m h w 2"]) -> Float32[Tensor, "m h w"]:
    """1 where a position lies on the image, 0 beyond its outer pixels."""
    last = positions_px.new_tensor([positions_px.shape[2] - 1, positions_px.shape[1] - 1])
    return ((positions_px >= 0) & (positions_px <= last)).all(dim=-1).float()
