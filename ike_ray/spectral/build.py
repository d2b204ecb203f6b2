"""The one place that decides what the graph of an image is made of."""

from dataclasses import replace

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
from ike_ray.spectral.image_graph import GraphBuilder, ImageGraph, build_pixel_graph, choose_grid
from ike_ray.spectral.vit import Vit
from ike_ray.video.clip import resize_frame

# At these distances the weights of affinity.colour=gaussian fall to 0.61. Colours are in CIELAB, each axis of which is scaled
# to a range of 1, and positions are shares of the image's sides. Two pixels of one colour that are a quarter of a side apart
# weigh 0.04, so that regions stay local.
_SIGMA_COLOUR, _SIGMA_POSITION = 0.05, 0.1
# This is mu of W = W_f + mu W_c between pixels. Source: Melas-Kyriazi et al., CVPR 2022, on matting.
_PIXEL_COLOUR_WEIGHT = 10.0


def build_graph_builder(config: SpectralConfig, device: torch.device) -> GraphBuilder:
    """Return a function that takes images of one size and returns their graph. If there is a model, it is loaded once, here.

    Raise `ConfigError` if the model cannot be used.
    """
    build = _build_patch_builder(config, device)
    if not has_pixels(config):
        return build
    return lambda images: _join_pixels(build(images), images, config.affinity, device)


def has_pixels(config: SpectralConfig) -> bool:
    """Return whether the nodes of the graph are pixels instead of patches."""
    match config.affinity.nodes:
        case "auto":
            return config.features.source == "colour" and config.affinity.colour == "gaussian"
        case nodes:
            return nodes == "pixels"


def choose_matting(config: SpectralConfig) -> SpectralConfig:
    """Return the settings for mattes, whose eigenvectors are those of pixels."""
    return replace(config, affinity=replace(config.affinity, nodes="pixels", pixel_area_px=config.matte.area_px))


def _build_patch_builder(config: SpectralConfig, device: torch.device) -> GraphBuilder:
    match config.features.source:
        case "colour":
            return lambda images: _build_colour_graph(images, config.affinity, device)
        case "vit":
            vit = Vit(config.features, device)
            return lambda images: _build_feature_graph(images, vit, config.features, config.affinity)


def _build_colour_graph(images: UInt8[np.ndarray, "b H W 3"], config: AffinityConfig, device: torch.device) -> ImageGraph:
    """Return the graph of colours alone. Each node is a pixel of the image averaged to the grid."""
    height, width = images.shape[1:3]
    grid = choose_grid(height, width, min(config.grid_area_px, height * width), 1)
    small = np.stack([resize_frame(image, *grid) for image in images])
    match config.colour:
        case "gaussian":
            weights = build_gaussian_affinity(small, _SIGMA_COLOUR, _SIGMA_POSITION, device)
            affinity: Affinity = DenseAffinity(weights)
        case "neighbours" | "walk":
            affinity = _build_sparse(small, config, 1.0, device)
    return ImageGraph(affinity=affinity, height=grid[0], width=grid[1])


def _build_feature_graph(
    images: UInt8[np.ndarray, "b H W 3"], vit: Vit, config: FeaturesConfig, affinity: AffinityConfig
) -> ImageGraph:
    """Return the graph W = W_f + mu W_c of features and, if mu is above 0, of the colours of the same patches."""
    height, width = images.shape[1:3]
    grid = choose_grid(height, width, config.image_area_px or height * width, vit.patch_px)
    size_px = (grid[0] * vit.patch_px, grid[1] * vit.patch_px)
    features = vit.predict_features(np.stack([resize_frame(image, *size_px) for image in images]))
    small = np.stack([resize_frame(image, *grid) for image in images])
    match affinity.features:
        case "clamped":
            weights = build_feature_affinity(features)
            if affinity.colour_weight > 0:
                weights = weights + affinity.colour_weight * _build_colour_weights(small, affinity, features.device)
            found: Affinity = DenseAffinity(weights)
        case "factored":
            weight = affinity.colour_weight
            colours = _build_sparse(small, affinity, weight, features.device) if weight > 0 else None
            found = FactoredAffinity(features, colours)
    return ImageGraph(affinity=found, height=grid[0], width=grid[1])


def _join_pixels(
    patches: ImageGraph, images: UInt8[np.ndarray, "b H W 3"], config: AffinityConfig, device: torch.device
) -> ImageGraph:
    height, width = images.shape[1:3]
    size = choose_grid(height, width, min(config.pixel_area_px, height * width), 1)
    small = np.stack([resize_frame(image, *size) for image in images])
    return build_pixel_graph(patches, small, _PIXEL_COLOUR_WEIGHT, device)


def _build_colour_weights(
    images: UInt8[np.ndarray, "b h w 3"], config: AffinityConfig, device: torch.device
) -> Float32[Tensor, "b n n"]:
    match config.colour:
        case "gaussian":
            return build_gaussian_affinity(images, _SIGMA_COLOUR, _SIGMA_POSITION, device)
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
