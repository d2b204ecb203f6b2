"""Averaging along chains, which is one step of a random walk on the space-time graph along flow that can be trusted."""

import math
from dataclasses import dataclass

import torch
from einops import rearrange
from jaxtyping import Float32
from torch import Tensor

from ike_ray.flow.reliability import build_grid_positions, estimate_reliability, sample_field


@dataclass(frozen=True, kw_only=True)
class ChainWalk:
    """The links of a window with their weights. None is stored: the chains of a frame are those of the next, one step on."""

    forward: Float32[Tensor, "s h w 3"]  # flow (dx, dy) and its reliability
    backward: Float32[Tensor, "s h w 3"]
    decay_frames: float

    def average(self, maps: Float32[Tensor, "c m h w"]) -> Float32[Tensor, "c m h w"]:
        """Return D^-1 (I + W) s of each map: the mean of s over a node and the chain that starts there, both ways.

        A link over k frames weighs exp(-k / `decay_frames`) times the reliability of each of its k steps. It weighs nothing
        once the chain has left the image. Flow leads to real positions, where the chains of the next frame are read
        bilinearly. With A_t the matrix of the steps from frame t, W is the sum of the products A_t, A_t A_t+1, ... It costs
        one read for each node, however far chains reach. The result stays within the range of s. A constant map stays as it
        is, and so does any map without flow (one frame).

        Source: IKE, section on the graph, for chains. There links weigh by a Gaussian, without reliability and without the
        division by the sum D.
        """
        values = torch.cat([maps, torch.ones_like(maps[:1])])  # the ones add up to D
        later = self._follow(values, self.forward)
        earlier = self._follow(values.flip(1), self.backward.flip(0)).flip(1)
        sums = values + later + earlier
        return sums[:-1] / sums[-1:]

    def _follow(self, values: Float32[Tensor, "c m h w"], steps: Float32[Tensor, "s h w 3"]) -> Float32[Tensor, "c m h w"]:
        """Return the weighted sum of what the chains of all nodes meet in later frames."""
        met = torch.zeros_like(values)
        grid = build_grid_positions(values.shape[2], values.shape[3], values.device)
        for frame in reversed(range(len(steps))):
            positions = grid + steps[frame, ..., :2]
            weights = math.exp(-1 / self.decay_frames) * steps[frame, ..., 2] * _is_inside(positions)
            there = rearrange(values[:, frame + 1] + met[:, frame + 1], "c h w -> 1 h w c")
            met[:, frame] = weights * rearrange(sample_field(there, positions[None]), "1 h w c -> c h w")
        return met


def build_chain_walk(
    forward: Float32[Tensor, "s h w 2"], backward: Float32[Tensor, "s h w 2"], decay_frames: float
) -> ChainWalk:
    """Return the walk over the chains of a window's flow, on the flow's device. Each way weighs by its own reliability."""
    return ChainWalk(
        forward=torch.cat([forward, estimate_reliability(forward, backward)[..., None]], dim=-1),
        backward=torch.cat([backward, estimate_reliability(backward, forward)[..., None]], dim=-1),
        decay_frames=decay_frames,
    )


def _is_inside(positions_px: Float32[Tensor, "h w 2"]) -> Float32[Tensor, "h w"]:
    """Return 1 where a position lies on the image and 0 beyond its outer pixels."""
    last = positions_px.new_tensor([positions_px.shape[1] - 1, positions_px.shape[0] - 1])
    return ((positions_px >= 0) & (positions_px <= last)).all(dim=-1).float()
