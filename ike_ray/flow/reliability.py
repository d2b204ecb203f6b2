"""How far a step of flow can be trusted: it must lead back to where it came from."""

import torch
from einops import rearrange
from jaxtyping import Float32
from torch import Tensor
from torch.nn import functional

# The squared error of the way there and back that is expected, as a share of the squared motion and in px^2. Source:
# Sundaram, Brox, Keutzer, ECCV 2010, section 3, whose test this is a soft form of. They allow 0.01 and 0.5, and DIS needs
# 0.05.
_RELATIVE_ERROR, _ERROR_PX2 = 0.05, 0.5


def estimate_reliability(there: Float32[Tensor, "s h w 2"], back: Float32[Tensor, "s h w 2"]) -> Float32[Tensor, "s h w"]:
    """Return exp(-|f + b'|^2 / (0.05 (|f|^2 + |b'|^2) + 0.5)) in [0, 1], with b' the flow back, read where f leads.

    It is 1 if the way there and back ends at its start. It is near 0 if a pixel is hidden in the other frame or the flow is
    wrong. b' is read bilinearly at positions in pixels (`align_corners=True`), and beyond the image at the border pixel.
    """
    if len(there) == 0:
        return there.new_zeros(there.shape[:3])
    returned = sample_field(back, there + build_grid_positions(there.shape[1], there.shape[2], there.device))
    error = (there + returned).square().sum(dim=-1)
    expected = _RELATIVE_ERROR * (there.square().sum(dim=-1) + returned.square().sum(dim=-1)) + _ERROR_PX2
    return torch.exp(-error / expected)


def build_grid_positions(height: int, width: int, device: torch.device) -> Float32[Tensor, "h w 2"]:
    """Return (x, y) of every pixel, in pixels."""
    rows, columns = torch.meshgrid(torch.arange(height, device=device), torch.arange(width, device=device), indexing="ij")
    return torch.stack([columns, rows], dim=-1).float()


def sample_field(values: Float32[Tensor, "s h w c"], positions_px: Float32[Tensor, "s h w 2"]) -> Float32[Tensor, "s h w c"]:
    """Return `values` at real positions (x, y): bilinear, `align_corners=True`, with the border pixel beyond the image."""
    height, width = values.shape[1:3]
    last = positions_px.new_tensor([max(width - 1, 1), max(height - 1, 1)])
    sampled = functional.grid_sample(
        rearrange(values, "s h w c -> s c h w"),
        positions_px * (2 / last) - 1,
        mode="bilinear",
        padding_mode="border",
        align_corners=True,
    )
    return rearrange(sampled, "s c h w -> s h w c")
