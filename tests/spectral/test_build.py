from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from ike_ray.config import AffinityConfig, FeaturesConfig, SpectralConfig
from ike_ray.spectral.build import build_graph_builder, choose_matting, has_pixels
from ike_ray.spectral.colour import build_gaussian_affinity, build_neighbour_affinity, build_walk_affinity
from ike_ray.spectral.image_graph import ImageGraph, choose_grid
from ike_ray.video.clip import resize_frame
from tests.spectral.test_vit import folders  # noqa: F401  # a fixture

CPU = torch.device("cpu")


def draw_images(rng: np.random.Generator, num_images: int = 2) -> np.ndarray:
    return rng.integers(0, 256, (num_images, 40, 60, 3), np.uint8)


def read_matrix(graph: ImageGraph, num_images: int) -> Tensor:
    return graph.affinity.multiply(torch.eye(graph.height * graph.width).expand(num_images, -1, -1))


def test_grids_keep_the_aspect() -> None:
    assert choose_grid(480, 640, 480 * 480, 16) == (26, 35)
    assert choose_grid(30, 3000, 2500, 1) == (5, 500)
    assert choose_grid(1, 4000, 100, 1) == (1, 632)
    assert choose_grid(7, 7, 49, 16) == (1, 1)


def test_colours_alone_are_compared_on_a_small_image(rng: np.random.Generator) -> None:
    images = draw_images(rng)
    config = AffinityConfig(grid_area_px=600, nodes="patches")
    graph = build_graph_builder(SpectralConfig(affinity=config), CPU)(images)
    assert (graph.height, graph.width) == (20, 30)
    small = np.stack([resize_frame(image, 20, 30) for image in images])
    torch.testing.assert_close(read_matrix(graph, 2), build_gaussian_affinity(small, 0.05, 0.1, CPU))


def test_images_smaller_than_the_grid_are_not_enlarged(rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, (1, 5, 9, 3), np.uint8)
    graph = build_graph_builder(SpectralConfig(), CPU)(images)
    assert (graph.height, graph.width) == (5, 9)


@pytest.mark.parametrize("colour", ["neighbours", "walk"])
def test_published_affinities_are_choices(rng: np.random.Generator, colour: str) -> None:
    images = draw_images(rng) // 30  # dark, so that touching pixels are alike
    graph = build_graph_builder(SpectralConfig(affinity=AffinityConfig(colour=colour, grid_area_px=600)), CPU)(images)
    build = build_neighbour_affinity if colour == "neighbours" else build_walk_affinity
    for image, matrix in zip(images, read_matrix(graph, 2), strict=True):
        np.testing.assert_allclose(matrix, build(resize_frame(image, 20, 30)).toarray(), atol=1e-6)


def test_pixels_are_joined_to_patches_without_a_transformer(rng: np.random.Generator) -> None:
    images = draw_images(rng)
    config = SpectralConfig(affinity=AffinityConfig(grid_area_px=600, pixel_area_px=1024))
    graph = build_graph_builder(config, CPU)(images)
    assert (graph.height, graph.width) == (26, 39)
    patches = build_graph_builder(replace(config, affinity=replace(config.affinity, nodes="patches")), CPU)(images)
    colours = np.stack([build_neighbour_affinity(resize_frame(image, 26, 39)).toarray() for image in images])
    rest = read_matrix(graph, 2) - 10 * torch.from_numpy(colours)
    assert torch.linalg.matrix_rank(rest[0].double(), atol=1e-3) <= patches.height * patches.width
    total, expected = rest.sum() / 26 / 39, patches.affinity.list_degrees().sum() / 20 / 30
    torch.testing.assert_close(total, expected, rtol=0.02, atol=0)


def test_which_graphs_have_pixels() -> None:
    vit = FeaturesConfig(source="vit", model="some/model")
    assert has_pixels(SpectralConfig())
    assert not has_pixels(SpectralConfig(affinity=AffinityConfig(colour="neighbours")))
    assert not has_pixels(SpectralConfig(features=vit))
    assert not has_pixels(SpectralConfig(affinity=AffinityConfig(nodes="patches")))
    matting = choose_matting(SpectralConfig(features=vit))
    assert has_pixels(matting)
    assert matting.affinity.pixel_area_px == matting.matte.area_px


@pytest.mark.parametrize("colour", ["gaussian", "neighbours"])
def test_features_and_colours_add_up(rng: np.random.Generator, folders: dict[str, Path], colour: str) -> None:  # noqa: F811
    images = draw_images(rng)
    features = FeaturesConfig(source="vit", model=str(folders["dino"]), image_area_px=40 * 60, precision="float32")
    alone = build_graph_builder(SpectralConfig(features=features), CPU)(images)
    affinity = AffinityConfig(colour=colour, colour_weight=2)
    both = build_graph_builder(SpectralConfig(features=features, affinity=affinity), CPU)(images)
    assert (alone.height, alone.width) == (both.height, both.width) == (5, 8)
    weights = read_matrix(alone, 2)
    assert weights.min() >= 0
    torch.testing.assert_close(weights.amax(dim=(1, 2)), torch.ones(2))
    small = np.stack([resize_frame(image, 5, 8) for image in images])
    if colour == "gaussian":
        colours = build_gaussian_affinity(small, 0.05, 0.1, CPU)
    else:
        colours = torch.from_numpy(np.stack([build_neighbour_affinity(image).toarray() for image in small]))
    torch.testing.assert_close(read_matrix(both, 2), weights + 2 * colours, atol=1e-5, rtol=1e-5)
    if colour == "neighbours":
        factored = SpectralConfig(features=features, affinity=replace(affinity, features="factored"))
        unclamped = read_matrix(build_graph_builder(factored, CPU)(images), 2) - 2 * colours
        torch.testing.assert_close(unclamped.clamp_min(0), weights, atol=1e-5, rtol=1e-5)


def test_a_gaussian_has_no_place_beside_factors() -> None:
    with pytest.raises(ValueError, match="set colour to neighbours or walk"):
        AffinityConfig(features="factored", colour="gaussian", colour_weight=1)
