"""The residual U-Net of the paper, at any width."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ike_ray.config import NetworkConfig

# The channels of the encoder's blocks, with the bottom last. For one frame of 224 x 416 the published net, with 67.39 million
# parameters, costs 284 GFLOP, and the compact one, with 0.37 million, costs 2.6 GFLOP.
_PAPER_CHANNELS = (64, 128, 256, 512, 1024)
_COMPACT_CHANNELS = (8, 16, 32, 64, 64)
_STEM_KERNEL_PX = 7


def build_network(config: NetworkConfig, generator: torch.Generator) -> nn.Module:
    """Return the network that the settings name, with fresh weights drawn from `generator`, on the CPU."""
    match config.architecture:
        case "paper":
            network = ResidualUNet(_PAPER_CHANNELS, units_a_block=2)
        case "compact":
            network = ResidualUNet(_COMPACT_CHANNELS, units_a_block=1)
    initialize_network(network, generator)
    return network


class ResidualUNet(nn.Module):
    """A network from RGB frames in [0, 1] to scores of each pixel for the background and for the object, or several classes.

    It has a stem of 7x7 with stride 1 and an encoder of residual blocks with 2x2 max-pooling between them. The decoder has
    3x3 transposed convolutions with stride 2, each to the width of the encoder's map that is concatenated to it, and each
    followed by a residual block. A 3x3 convolution is the last. There is an instance norm with affine parameters after every
    convolution but the last, and no bias before a norm.

    Source: IKE, section on the network module.
    """

    def __init__(self, channels: tuple[int, ...], *, units_a_block: int, num_outputs: int = 2) -> None:
        """Build the network.

        `channels` are those of the encoder's blocks, with the bottom last. Each block has `units_a_block` residual units.
        `num_outputs` counts the classes with the background.
        """
        super().__init__()
        self.stem = _build_convolution(3, channels[0], _STEM_KERNEL_PX)
        inputs = (channels[0], *channels[:-1])
        self.encoder = nn.ModuleList(
            _build_block(before, after, units_a_block) for before, after in zip(inputs, channels, strict=True)
        )
        self.pool = nn.MaxPool2d(2, ceil_mode=True)  # rounds up, so that the way up can restore an odd side
        pairs = list(zip(channels[:0:-1], channels[-2::-1], strict=True))  # (lower, upper), the bottom first
        self.upsamplers = nn.ModuleList(_Upsampler(lower, upper) for lower, upper in pairs)
        self.decoder = nn.ModuleList(_build_block(2 * upper, upper, units_a_block) for _, upper in pairs)
        self.head = nn.Conv2d(channels[0], num_outputs, 3, padding=1)

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b k h w"]:
        """Return class scores (logits) at the images' own size."""
        maps = [self.encoder[0](self.stem(images))]
        for block in self.encoder[1:]:
            maps.append(block(self.pool(maps[-1])))
        value = maps.pop()
        for upsampler, block in zip(self.upsamplers, self.decoder, strict=True):
            skip = maps.pop()
            value = block(torch.cat([upsampler(value, skip.shape[-2:]), skip], dim=1))
        return self.head(value)


class _ResidualUnit(nn.Module):
    """Two 3x3 convolutions beside a skip, which is a 1x1 convolution if the width changes."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.first = _build_convolution(before, after, 3)
        self.second = nn.Sequential(nn.Conv2d(after, after, 3, padding=1, bias=False), nn.InstanceNorm2d(after, affine=True))
        self.skip = (
            nn.Identity()
            if before == after
            else nn.Sequential(nn.Conv2d(before, after, 1, bias=False), nn.InstanceNorm2d(after, affine=True))
        )
        self.activation = nn.ReLU(inplace=True)

    def forward(self, value: Tensor) -> Tensor:
        return self.activation(self.second(self.first(value)) + self.skip(value))


class _Upsampler(nn.Module):
    """A 3x3 transposed convolution with stride 2, to the stated size."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        # The bias does nothing before a norm, but the published count of parameters includes these 960.
        self.convolution = nn.ConvTranspose2d(before, after, 3, stride=2, padding=1)
        self.norm = nn.InstanceNorm2d(after, affine=True)
        self.activation = nn.ReLU(inplace=True)

    def forward(self, value: Tensor, size: torch.Size) -> Tensor:
        return self.activation(self.norm(self.convolution(value, output_size=list(size))))


def _build_block(before: int, after: int, num_units: int) -> nn.Sequential:
    return nn.Sequential(_ResidualUnit(before, after), *(_ResidualUnit(after, after) for _ in range(num_units - 1)))


def _build_convolution(before: int, after: int, kernel_px: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, kernel_px, padding=kernel_px // 2, bias=False),
        nn.InstanceNorm2d(after, affine=True),
        nn.ReLU(inplace=True),
    )


def initialize_network(network: nn.Module, generator: torch.Generator) -> None:
    """Set weights by He initialisation (He et al., ICCV 2015) from `generator`, since torch draws from the global one."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
