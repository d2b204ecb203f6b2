"""Chains: the path of every pixel of every frame along the flow, forward and backward."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from einops import rearrange
from jaxtyping import Float32
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class ChainStep:
    """Where chains stand after one more step. It holds the chains of all pivot frames that reach a frame so far away."""

    gap: int  # the number of frames from the pivots; it is negative for earlier frames
    pivots: range
    position_px: Float32[Tensor, "p n 2"]  # real (x, y) in frame pivot + gap, possibly outside the image
    displacement_px: Float32[Tensor, "p n 2"]  # the displacement of this step


def follow_chains(
    forward: Float32[Tensor, "s h w 2"], backward: Float32[Tensor, "s h w 2"], reach_frames: int
) -> Iterator[ChainStep]:
    """Return the steps of the chains of all pixels: forward from the nearest frame, then backward. One frame has none.

    A chain starts at its pixel. Each step adds the flow at the position, which is rounded and clamped into the image to read
    the flow. The position itself stays a real number and may leave the image. Chains end with the video.

    All pivot frames take a step together, because on a GPU one large operation takes no longer than one of many small ones.

    Source: IKE, section on chains; the rounding is for reading only.
    """
    num_frames, (height, width) = len(forward) + 1, forward.shape[1:3]
    start = build_grid(height, width, forward.device).expand(num_frames, -1, -1)
    for direction, flow in ((1, forward), (-1, backward)):
        position = start
        for gap in range(1, min(reach_frames, num_frames - 1) + 1):
            num_pivots = num_frames - gap
            first = 0 if direction == 1 else gap
            position = position[:-1] if direction == 1 else position[1:]
            displacement = _read_nearest(flow[gap - 1 :] if direction == 1 else flow[:num_pivots], position)
            position = position + displacement
            yield ChainStep(
                gap=direction * gap,
                pivots=range(first, first + num_pivots),
                position_px=position,
                displacement_px=displacement,
            )


def build_grid(height: int, width: int, device: torch.device) -> Float32[Tensor, "n 2"]:
    """Return (x, y) of every pixel, row by row."""
    rows, columns = torch.meshgrid(torch.arange(height, device=device), torch.arange(width, device=device), indexing="ij")
    return rearrange([columns, rows], "xy h w -> (h w) xy").float()


def _read_nearest(flow: Float32[Tensor, "p h w 2"], position_px: Float32[Tensor, "p n 2"]) -> Float32[Tensor, "p n 2"]:
    """Return each field at its positions, which are rounded (a half to the even number) and clamped into the image."""
    num_fields, height, width = flow.shape[:3]
    last = position_px.new_tensor([width - 1, height - 1])
    nearest = position_px.round().clamp_min(0).minimum(last)
    field = torch.arange(num_fields, device=flow.device)[:, None] * (height * width)
    index = field + (nearest[..., 1] * width + nearest[..., 0]).long()
    return rearrange(
        rearrange(flow, "p h w xy -> (p h w) xy")[rearrange(index, "p n -> (p n)")], "(p n) xy -> p n xy", p=num_fields
    )
