"""Vary a frame and its labels: take another crop of it, mirror it, and change its colours."""

import torch
from einops import rearrange
from jaxtyping import Float32, Int64, UInt8
from torch import Tensor
from torch.nn import functional

from ike_ray.config import AugmentConfig

# A crop's sides are between this share of the largest that the frame holds and the largest itself. So the student meets
# objects at up to twice their size.
_LEAST_CROP_FRACTION = 0.5
# The weights of red, green and blue in brightness. Source: ITU-R BT.601.
_LUMA = (0.299, 0.587, 0.114)


def augment_sample(
    image: UInt8[Tensor, "h w 3"], labels: UInt8[Tensor, "h w"], config: AugmentConfig, generator: torch.Generator
) -> tuple[Float32[Tensor, "3 ch cw"], Int64[Tensor, "ch cw"]]:
    """Return a random crop of the frame at `config.crop_size_px`, in [0, 1], with its labels.

    The crop lies inside the frame, and is mirrored with probability 1/2 if `config.flip` says so. Images are read bilinearly,
    labels at the nearest pixel, with half-pixel centres.
    """
    grid = _draw_grid(image.shape[0], image.shape[1], config, generator)
    pixels = rearrange(image, "h w rgb -> 1 rgb h w").float() / 255
    crop = functional.grid_sample(pixels, grid, mode="bilinear", padding_mode="border", align_corners=False)[0]
    classes = rearrange(labels, "h w -> 1 1 h w").float()
    targets = functional.grid_sample(classes, grid, mode="nearest", padding_mode="border", align_corners=False)[0, 0]
    return _vary_colours(crop, config, generator), targets.long()


def _draw_grid(height: int, width: int, config: AugmentConfig, generator: torch.Generator) -> Float32[Tensor, "1 ch cw 2"]:
    """Return where in the frame each pixel of the crop is read, x and y in [-1, 1]."""
    crop_height, crop_width = config.crop_size_px
    fraction, x, y, side = torch.rand(4, generator=generator).tolist()
    scale = min(height / crop_height, width / crop_width)
    scale *= _LEAST_CROP_FRACTION + (1 - _LEAST_CROP_FRACTION) * fraction
    rows, columns = scale * crop_height / height, scale * crop_width / width  # as shares of the frame's sides
    mirror = -1 if config.flip and side < 0.5 else 1
    theta = torch.tensor([[[mirror * columns, 0, (1 - columns) * (2 * x - 1)], [0, rows, (1 - rows) * (2 * y - 1)]]])
    return functional.affine_grid(theta, [1, 1, crop_height, crop_width], align_corners=False)


def _vary_colours(
    image: Float32[Tensor, "3 h w"], config: AugmentConfig, generator: torch.Generator
) -> Float32[Tensor, "3 h w"]:
    brightness, contrast, saturation = (1 + config.colour * (2 * torch.rand(3, generator=generator) - 1)).tolist()
    grey = sum(weight * channel for weight, channel in zip(_LUMA, image, strict=True))
    image = grey + saturation * (image - grey)
    return (brightness * (image.mean() + contrast * (image - image.mean()))).clip(0, 1)
