"""The one place that decides what the graph of an image's patches is made of."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, UInt8
from scipy import sparse
from torch import Tensor

from ike_ray.config import AffinityConfig, FeaturesConfig, SpectralConfig
from ike_ray.spectral.affinity import (
    Affinity,
    DenseAffinity,
    FactoredAffinity,
    SparseAffinity,
    build_feature_affinity,
)
from ike_ray.spectral.colour import (
    build_gaussian_affinity,
    build_neighbour_affinity,
    build_walk_affinity,
    stack_sparse,
)
from ike_ray.spectral.vit import Vit
from ike_ray.video.clip import resize_frame


@dataclass(frozen=True, kw_only=True)
class PatchGraph:
    """How alike the patches of each image of a batch are, and the grid that they are nodes of, row by row."""

    affinity: Affinity
    height: int  # of the grid, which covers the whole image
    width: int


GraphBuilder = Callable[[UInt8[np.ndarray, "b H W 3"]], PatchGraph]


def build_graph_builder(config: SpectralConfig, device: torch.device) -> GraphBuilder:
    """A function of images of one size that returns their graph; loads a model once, here.

    Raises `ConfigError` where the model cannot be used.
    """
    match config.features.source:
        case "colour":
            return lambda images: _build_colour_graph(images, config.affinity, device)
        case "vit":
            vit = Vit(config.features, device)
            return lambda images: _build_feature_graph(images, vit, config.features, config.affinity)


def choose_grid(height: int, width: int, area_px: int, patch_px: int) -> tuple[int, int]:
    """Rows and columns of patches of about that many pixels in all, at about the image's aspect; at least one each way."""
    scale = math.sqrt(area_px / (height * width)) / patch_px
    return max(1, round(height * scale)), max(1, round(width * scale))


def _build_colour_graph(images: UInt8[np.ndarray, "b H W 3"], config: AffinityConfig, device: torch.device) -> PatchGraph:
    """Of colours alone: each node is a pixel of the image averaged to the grid."""
    height, width = images.shape[1:3]
    grid = choose_grid(height, width, min(config.grid_area_px, height * width), 1)
    small = np.stack([resize_frame(image, *grid) for image in images])
    match config.colour:
        case "gaussian":
            weights = build_gaussian_affinity(small, config.sigma_colour, config.sigma_position, device)
            affinity: Affinity = DenseAffinity(weights)
        case "neighbours" | "walk":
            affinity = _build_sparse(small, config, 1.0, device)
    return PatchGraph(affinity=affinity, height=grid[0], width=grid[1])


def _build_feature_graph(
    images: UInt8[np.ndarray, "b H W 3"], vit: Vit, config: FeaturesConfig, affinity: AffinityConfig
) -> PatchGraph:
    """Of features, and of the colours of the same patches where they count: W = W_f + mu W_c."""
    height, width = images.shape[1:3]
    grid = choose_grid(height, width, config.image_area_px or height * width, vit.patch_px)
    size_px = (grid[0] * vit.patch_px, grid[1] * vit.patch_px)
    features = vit.predict_features(np.stack([resize_frame(image, *size_px) for image in images]))
    small = np.stack([resize_frame(image, *grid) for image in images])
    match affinity.features:
        case "cut":
            weights = build_feature_affinity(features)
            if affinity.colour_weight > 0:
                weights = weights + affinity.colour_weight * _build_colour_weights(small, affinity, features.device)
            found: Affinity = DenseAffinity(weights)
        case "factored":
            weight = affinity.colour_weight
            colours = _build_sparse(small, affinity, weight, features.device) if weight > 0 else None
            found = FactoredAffinity(features, colours)
    return PatchGraph(affinity=found, height=grid[0], width=grid[1])


def _build_colour_weights(
    images: UInt8[np.ndarray, "b h w 3"], config: AffinityConfig, device: torch.device
) -> Float32[Tensor, "b n n"]:
    match config.colour:
        case "gaussian":
            return build_gaussian_affinity(images, config.sigma_colour, config.sigma_position, device)
        case "neighbours" | "walk":
            dense = np.stack([matrix.toarray() for matrix in _list_published(images, config)])
            return torch.from_numpy(dense.astype(np.float32)).to(device)


def _build_sparse(
    images: UInt8[np.ndarray, "b h w 3"], config: AffinityConfig, weight: float, device: torch.device
) -> SparseAffinity:
    matrices = [weight * matrix for matrix in _list_published(images, config)]
    return SparseAffinity(stack_sparse(matrices, device), len(images))


def _list_published(images: UInt8[np.ndarray, "b h w 3"], config: AffinityConfig) -> list[sparse.csr_array]:
    build = build_neighbour_affinity if config.colour == "neighbours" else build_walk_affinity
    return [build(image) for image in images]
