"""The object's side at the resolution of pixels: the graph of patches joined with that of the pixels' colours."""

import numpy as np
import torch
from jaxtyping import UInt8

from ike_ray.config import SpectralConfig
from ike_ray.spectral.affinity import InterpolatedAffinity, SparseAffinity
from ike_ray.spectral.build import GraphBuilder, PatchGraph, choose_grid
from ike_ray.spectral.colour import build_neighbour_affinity, stack_sparse
from ike_ray.spectral.maps import solve_graph_maps
from ike_ray.spectral.object_side import ObjectSide, choose_rule, localize_side
from ike_ray.video.clip import resize_frame


def localize_pixel_side(
    image: UInt8[np.ndarray, "H W 3"], build_graph: GraphBuilder, config: SpectralConfig, device: torch.device, *, seed: int
) -> ObjectSide | None:
    """The object's side at about `config.matte.area_px` pixels, or the image's own if those are fewer; None if it is flat."""
    height, width = image.shape[:2]
    size = choose_grid(height, width, min(config.matte.area_px, height * width), 1)
    small = resize_frame(image, *size)
    graph = build_pixel_graph(build_graph(image[None]), small, config.matte.colour_weight, device)
    (eigen,) = solve_graph_maps(graph, small[None], config.eigenvectors, seed=seed)
    return localize_side(eigen, choose_rule(config))


def build_pixel_graph(
    patches: PatchGraph, image: UInt8[np.ndarray, "h w 3"], colour_weight: float, device: torch.device
) -> PatchGraph:
    """W = P W_f P^T + mu W_c between the pixels of `image`: what its patches say, and its pixels' neighbours in colour.

    Never formed: its product with a vector costs the square of the number of patches and 60 weights a pixel.

    Source: Melas-Kyriazi et al., CVPR 2022, on matting, where features are enlarged to pixels.
    """
    height, width = image.shape[:2]
    colours = stack_sparse([colour_weight * build_neighbour_affinity(image)], device)
    affinity = InterpolatedAffinity(
        patches.affinity, (patches.height, patches.width), SparseAffinity(colours, 1), (height, width), device
    )
    return PatchGraph(affinity=affinity, height=height, width=width)
