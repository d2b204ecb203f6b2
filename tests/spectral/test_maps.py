from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch

from ike_ray.config import AffinityConfig, EigenConfig, SpectralConfig
from ike_ray.datasets.synthetic import draw_clip
from ike_ray.metrics.jaccard import evaluate_jaccard
from ike_ray.spectral import maps
from ike_ray.spectral.affinity import DenseAffinity
from ike_ray.spectral.build import build_graph_builder
from ike_ray.spectral.eigenvectors import solve_eigenvectors
from ike_ray.spectral.image_graph import ImageGraph
from ike_ray.spectral.localize import localize_box
from ike_ray.spectral.maps import EigenMaps, solve_graph_maps, solve_maps
from ike_ray.spectral.object_side import localize_by_eigenvector
from ike_ray.spectral.pixel_mask import refine_mask

CPU = torch.device("cpu")
PATCHES = SpectralConfig(affinity=AffinityConfig(grid_area_px=600, nodes="patches"))
PIXELS = SpectralConfig(affinity=AffinityConfig(grid_area_px=600, pixel_area_px=2000))


def solve(images: np.ndarray, config: SpectralConfig = PATCHES) -> list[EigenMaps]:
    return solve_maps(images, build_graph_builder(config, CPU), config.eigenvectors, CPU, seed=0)


def draw_disk(radius: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """A red disk before green, and its mask."""
    rows, columns = np.indices((60, 80))
    mask = np.square(rows - 28) + np.square(columns - 44) < radius**2
    return np.where(mask[..., None], (180, 50, 40), (50, 130, 60)).astype(np.uint8), mask


def test_a_disk_is_found_from_the_image_to_its_mask_and_box() -> None:
    image, mask = draw_disk()
    (eigen,) = solve(image[None])
    assert eigen.is_converged
    side = localize_by_eigenvector(eigen)
    found = refine_mask(image, side, PATCHES.mask)
    assert evaluate_jaccard(found[None], mask[None])[0] > 0.95
    assert side is not None
    box = localize_box(side.map > 0, 60, 80)
    np.testing.assert_allclose(box, (33, 17, 56, 40), atol=3)


@pytest.mark.parametrize("config", [PATCHES, PIXELS], ids=["patches", "pixels"])
@pytest.mark.parametrize(
    "draw",
    [
        lambda rng: np.full((40, 50, 3), 77, np.uint8),
        lambda rng: rng.integers(100, 103, (40, 50, 3), np.uint8),
        lambda rng: np.zeros((1, 1, 3), np.uint8),
    ],
    ids=["flat", "noise", "one pixel"],
)
def test_images_without_anything_have_no_vectors(
    rng: np.random.Generator, config: SpectralConfig, draw: Callable[[np.random.Generator], np.ndarray]
) -> None:
    image = draw(rng)
    (eigen,) = solve(image[None], config)
    assert len(eigen.maps) == len(eigen.values) == 0
    assert localize_by_eigenvector(eigen) is None
    assert not refine_mask(image, None, config.mask).any()


def test_patches_that_are_all_alike_have_no_vectors() -> None:
    """A model may see no difference where colours differ: W is constant, all l are 1."""
    image, _ = draw_disk()
    graph = ImageGraph(affinity=DenseAffinity(torch.ones((1, 30, 30))), height=5, width=6)
    (eigen,) = solve_graph_maps(graph, image[None], EigenConfig(), seed=0)
    assert eigen.maps.shape == (0, 5, 6)


def test_maps_have_mean_square_one_and_ascending_values() -> None:
    (eigen,) = solve(draw_disk()[0][None])
    np.testing.assert_allclose(np.square(eigen.maps).mean(axis=(1, 2)), 1, rtol=1e-4)
    assert (np.diff(eigen.values) >= 0).all()
    assert eigen.maps.shape == (5, 21, 28)


def test_images_of_a_batch_do_not_know_of_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.stack([draw_disk(8)[0], draw_disk(16)[0]])
    both, alone = solve(images), [solve(image[None])[0] for image in images]
    for found, expected in zip(both, alone, strict=True):
        np.testing.assert_array_equal(found.maps, expected.maps)
    graph = build_graph_builder(PATCHES, CPU)(images)
    monkeypatch.setattr(maps, "solve_eigenvectors", partial(solve_eigenvectors, tolerance=1e-5))
    together = solve_graph_maps(graph, images, EigenConfig(), seed=0)  # as on a GPU
    for found, expected in zip(together, alone, strict=True):
        np.testing.assert_allclose(found.values, expected.values, atol=1e-4)


def test_the_same_twice() -> None:
    image = draw_clip(3, num_frames=2, height=60, width=80).frames[:1]
    np.testing.assert_array_equal(solve(image)[0].maps, solve(image)[0].maps)
