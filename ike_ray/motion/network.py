"""The network that looks at motion: a U-Net whose bottom sees the whole frame."""

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from ike_ray.motion.maps import NUM_MAPS

_CHANNELS = (16, 32, 64, 96, 128)  # the bottom is last, where a cell covers 16 x 16 nodes


class MotionNetwork(nn.Module):
    """A network from motion maps to a score (logit) of each node, which is positive if the node moves by itself.

    It is a U-Net (Ronneberger, Fischer, Brox, MICCAI 2015) with batch norm. The mean of its lowest map over the frame is
    added to that map, so that each cell knows what most of the frame does. Sides may have any length, since they are halved
    rounding up.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = _build_convolution(NUM_MAPS, _CHANNELS[0])
        pairs = list(pairwise(_CHANNELS))
        self.encoder = nn.ModuleList(_build_block(upper, lower) for upper, lower in pairs)
        self.frame = nn.Sequential(
            nn.Linear(_CHANNELS[-1], _CHANNELS[-1]), nn.ReLU(), nn.Linear(_CHANNELS[-1], _CHANNELS[-1])
        )
        self.decoder = nn.ModuleList(_build_block(lower + upper, upper) for upper, lower in pairs[::-1])
        self.head = nn.Conv2d(_CHANNELS[0], 1, 1)

    def forward(self, maps: Float[Tensor, "b 16 h w"]) -> Float[Tensor, "b h w"]:
        """Return a score at each node."""
        levels = [self.stem(maps)]
        for block in self.encoder:
            levels.append(block(functional.max_pool2d(levels[-1], 2, ceil_mode=True)))
        value = levels.pop()
        value = value + self.frame(value.mean(dim=(2, 3)))[:, :, None, None]
        for block in self.decoder:
            skip = levels.pop()
            enlarged = functional.interpolate(value, size=skip.shape[2:], mode="bilinear", align_corners=False)
            value = block(torch.cat([enlarged, skip], dim=1))
        return self.head(value)[:, 0]


def _build_block(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(_build_convolution(before, after), _build_convolution(after, after))


def _build_convolution(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True))
