"""Where the power iteration starts. The answer hardly depends on it."""

import torch
from einops import repeat
from jaxtyping import Float32
from torch import Tensor

from ike_ray.config import PublishedGraphConfig
from ike_ray.graph.published.scale import scale_to_range

# Standard deviation of the centred Gaussian, as a fraction of the shorter side. Source: IKE, section on the power iteration.
_SIGMA_FRACTION = 0.5


def build_seed_map(
    shape: tuple[int, int, int], config: PublishedGraphConfig, generator: torch.Generator, device: torch.device
) -> Float32[Tensor, "m h w"]:
    """The same map of values in [0, 1] in each of the (m, h, w) frames: a centred Gaussian, all ones, or uniform noise."""
    num_frames, height, width = shape
    match config.seed_map:
        case "gaussian":
            seed_map = _build_gaussian(height, width)
        case "uniform":
            seed_map = torch.ones(height, width)
        case "random":
            seed_map = torch.rand(height, width, generator=generator)
    return repeat(seed_map.to(device), "h w -> m h w", m=num_frames)


def _build_gaussian(height: int, width: int) -> Float32[Tensor, "h w"]:
    sigma_px = _SIGMA_FRACTION * min(height, width)
    # Centred on pixel (h/2, w/2): that, not ((h-1)/2, (w-1)/2), agrees with the golden arrays (largest difference 0.002
    # instead of 0.016 after one iteration).
    rows, columns = torch.arange(height) - height / 2, torch.arange(width) - width / 2
    return scale_to_range(torch.exp(-(rows[:, None] ** 2 + columns[None, :] ** 2) / (2 * sigma_px**2)))
