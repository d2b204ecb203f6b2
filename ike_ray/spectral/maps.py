"""The eigenvectors of images as maps over their grids, without those that say nothing."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, UInt8

from ike_ray.config import EigenConfig
from ike_ray.spectral.colour import is_flat
from ike_ray.spectral.eigenvectors import solve_eigenvectors
from ike_ray.spectral.image_graph import GraphBuilder, ImageGraph

# If the l of a vector is closer to 1 than this, or above 1, then all patches are alike to it, and it says nothing.
_LEAST_LIKENESS = 1e-3


@dataclass(frozen=True, kw_only=True)
class EigenMaps:
    """The eigenvectors v_1, v_2, ... of one image. It has none if it is flat, has one patch, or all patches are alike."""

    maps: Float32[np.ndarray, "k h w"]  # over the grid of the graph; the mean square is 1, the sign is free
    values: Float32[np.ndarray, " k"]  # their l, ascending, above 0 unless the graph is in pieces
    num_products: int  # how many products of W with a vector they took
    is_converged: bool  # whether all are known as well as was asked


def solve_maps(
    images: UInt8[np.ndarray, "b H W 3"], build_graph: GraphBuilder, config: EigenConfig, device: torch.device, *, seed: int
) -> list[EigenMaps]:
    """Return the eigenvectors of each of several images of one size.

    On a CPU, one image is solved after the other, since its weights then stay in the cache from product to product.
    """
    at_once = 1 if device.type == "cpu" else len(images)
    found = []
    for start in range(0, len(images), at_once):
        batch = images[start : start + at_once]
        found += solve_graph_maps(build_graph(batch), batch, config, seed=seed)
    return found


def solve_graph_maps(
    graph: ImageGraph, images: UInt8[np.ndarray, "b H W 3"], config: EigenConfig, *, seed: int
) -> list[EigenMaps]:
    """Return the eigenvectors of the graph of `images`."""
    generator = torch.Generator().manual_seed(seed)
    solution = solve_eigenvectors(graph.affinity, config.num_vectors, generator=generator)
    vectors, values = solution.vectors[:, 1:].cpu().numpy(), solution.values[:, 1:].cpu().numpy()
    found = []
    for image, rows, row_values in zip(images, vectors, values, strict=True):
        says_something = (row_values < 1 - _LEAST_LIKENESS) & (not is_flat(image))
        maps = rows[says_something].reshape(-1, graph.height, graph.width)
        scale = np.sqrt(np.square(maps).mean(axis=(1, 2), keepdims=True))
        found.append(
            EigenMaps(
                maps=maps / np.maximum(scale, np.finfo(np.float32).tiny),
                values=row_values[says_something],
                num_products=solution.num_products,
                is_converged=solution.is_converged,
            )
        )
    return found
