"""Where a frame has texture that flow can follow."""

import torch
from einops import rearrange
from jaxtyping import Float32, UInt8
from torch import Tensor
from torch.nn import functional

# The mean gradient, in grey levels a pixel, at which flow is half believed. In a cloudless sky the sky's edge makes the flow.
_HALF_TEXTURE = 4.0
# Gradients are averaged over this share of the shorter side, which is 6 pixels of 160.
_TEXTURE_SIGMA_FRACTION = 0.0375


def estimate_texture(frames: UInt8[Tensor, "m h w 3"]) -> Float32[Tensor, "m h w"]:
    """Return T / (T + 4^2) in [0, 1), where T is the mean square of Sobel's gradient around a pixel, in levels a pixel."""
    grey = rearrange(frames.float().mean(dim=-1), "m h w -> m 1 h w")
    slope = grey.new_tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 8
    gradients = functional.conv2d(
        functional.pad(grey, (1, 1, 1, 1), mode="replicate"), torch.stack([slope, slope.T])[:, None]
    )
    squares = _blur(gradients.square().sum(dim=1, keepdim=True), _TEXTURE_SIGMA_FRACTION * min(grey.shape[2:]))
    return (squares / (squares + _HALF_TEXTURE**2))[:, 0]


def _blur(values: Float32[Tensor, "m 1 h w"], sigma_px: float) -> Float32[Tensor, "m 1 h w"]:
    """Return the map blurred by a Gaussian that is cut at three sigma. The border is repeated."""
    radius = max(1, round(3 * sigma_px))
    offsets = torch.arange(-radius, radius + 1, device=values.device)
    weights = torch.exp(-(offsets**2) / (2 * sigma_px**2))
    weights = (weights / weights.sum())[None, None]
    values = functional.conv2d(functional.pad(values, (radius, radius, 0, 0), mode="replicate"), weights[:, :, None, :])
    return functional.conv2d(functional.pad(values, (0, 0, radius, radius), mode="replicate"), weights[:, :, :, None])
