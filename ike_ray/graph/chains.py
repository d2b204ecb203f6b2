"""Chains: the path of every pixel of a frame along the flow, forward and backward."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from einops import rearrange
from jaxtyping import Float32
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class ChainStep:
    """Where the chains of a pivot frame stand after one more step."""

    frame: int  # the frame they have reached
    position_px: Float32[Tensor, "n 2"]  # real (x, y); may lie outside the image
    displacement_px: Float32[Tensor, "n 2"]  # of this step


def follow_chains(
    forward: Float32[Tensor, "s h w 2"], backward: Float32[Tensor, "s h w 2"], pivot: int, reach_frames: int
) -> Iterator[ChainStep]:
    """The steps of the chains of all pixels of frame `pivot`: forward from the nearest frame, then backward.

    A chain starts at its pixel; each step adds the flow read at the position rounded and clamped into the image, while
    the position itself stays a real number and may leave the image. Chains end with the video.

    Source: IKE, section on chains; the rounding is for reading only.
    """
    num_frames = len(forward) + 1
    start = build_grid(forward.shape[1], forward.shape[2], forward.device)
    yield from _follow(start, forward, range(pivot + 1, min(pivot + reach_frames, num_frames - 1) + 1), -1)
    yield from _follow(start, backward, range(pivot - 1, max(pivot - reach_frames, 0) - 1, -1), 0)


def build_grid(height: int, width: int, device: torch.device) -> Float32[Tensor, "n 2"]:
    """(x, y) of every pixel, row by row."""
    rows, columns = torch.meshgrid(torch.arange(height, device=device), torch.arange(width, device=device), indexing="ij")
    return rearrange([columns, rows], "xy h w -> (h w) xy").float()


def _follow(
    start: Float32[Tensor, "n 2"], flow: Float32[Tensor, "s h w 2"], frames: range, flow_offset: int
) -> Iterator[ChainStep]:
    """Steps into `frames`; the step into frame q is read from flow entry q + `flow_offset`."""
    height, width = flow.shape[1:3]
    last = start.new_tensor([width - 1, height - 1])
    fields = rearrange(flow, "s h w xy -> s (h w) xy")
    position = start
    for frame in frames:
        nearest = position.round().clamp_min(0).minimum(last)
        displacement = fields[frame + flow_offset].index_select(0, (nearest[:, 1] * width + nearest[:, 0]).int())
        position = position + displacement
        yield ChainStep(frame=frame, position_px=position, displacement_px=displacement)
