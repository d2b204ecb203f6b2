"""The graph of an image: how alike its patches or its pixels are, and the grid that they lie on."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import UInt8

from ike_ray.spectral.affinity import Affinity, InterpolatedAffinity, SparseAffinity
from ike_ray.spectral.colour import build_neighbour_affinity, stack_sparse


@dataclass(frozen=True, kw_only=True)
class ImageGraph:
    """The affinity of a batch of images, and the grid whose cells are its nodes, row by row. The grid covers an image."""

    affinity: Affinity
    height: int
    width: int


GraphBuilder = Callable[[UInt8[np.ndarray, "b H W 3"]], ImageGraph]


def choose_grid(height: int, width: int, area_px: int, patch_px: int) -> tuple[int, int]:
    """Return the rows and columns of patches that have about `area_px` pixels in all. There is at least one of each.

    Their ratio is about that of the image's sides.
    """
    scale = math.sqrt(area_px / (height * width)) / patch_px
    return max(1, round(height * scale)), max(1, round(width * scale))


def build_pixel_graph(
    patches: ImageGraph, images: UInt8[np.ndarray, "b h w 3"], colour_weight: float, device: torch.device
) -> ImageGraph:
    """Return W = P W_f P^T + mu W_c between the pixels of `images`.

    W_f is what their patches say, and W_c is what the pixels' neighbours in colour say. W is never formed. Its product with a
    vector costs the square of the number of patches, and 60 weights a pixel.

    Source: Melas-Kyriazi et al., CVPR 2022, on matting, where features are enlarged to pixels.
    """
    size = images.shape[1:3]
    colours = stack_sparse([colour_weight * build_neighbour_affinity(image) for image in images], device)
    affinity = InterpolatedAffinity(
        patches.affinity, (patches.height, patches.width), SparseAffinity(colours, len(images)), size, device
    )
    return ImageGraph(affinity=affinity, height=size[0], width=size[1])
