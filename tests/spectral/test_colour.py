import numpy as np
import pytest
import torch

from ike_ray.spectral.colour import (
    build_gaussian_affinity,
    build_lab,
    build_neighbour_affinity,
    build_walk_affinity,
    is_flat,
    stack_sparse,
)

CPU = torch.device("cpu")


def draw_image(rng: np.random.Generator, height: int = 6, width: int = 8) -> np.ndarray:
    return rng.integers(0, 256, (height, width, 3), np.uint8)


def test_lab_of_black_white_and_grey() -> None:
    image = np.array([[[0, 0, 0], [255, 255, 255], [119, 119, 119]]], np.uint8)  # 119: half of the lightness
    lab = build_lab(image)[0]
    np.testing.assert_allclose(lab[:, 0], [0, 1, 0.5], atol=3e-3)
    np.testing.assert_allclose(lab[:, 1:], 0, atol=1e-3)


def test_gaussian_by_hand() -> None:
    """Black beside white: lightness differs by 1, x by half of the width; below, black again at half of the height."""
    image = np.array([[[0] * 3, [255] * 3], [[0] * 3, [0] * 3]], np.uint8)
    weights = build_gaussian_affinity(image[None], 0.8, 0.5, CPU)[0].numpy()
    np.testing.assert_allclose(weights[0, 1], np.exp(-((1 / 0.8) ** 2 + 1) / 2), rtol=1e-3)
    np.testing.assert_allclose(weights[0, 2], np.exp(-1 / 2), rtol=1e-3)
    np.testing.assert_allclose(weights[0, 3], np.exp(-2 / 2), rtol=1e-3)
    np.testing.assert_allclose(np.diag(weights), 1)
    np.testing.assert_array_equal(weights, weights.T)


def test_neighbours_of_few_pixels_are_all_others(rng: np.random.Generator) -> None:
    """Of five pixels everyone is among the 20 and the 10 nearest of everyone else."""
    weights = build_neighbour_affinity(draw_image(rng, 1, 5)).toarray()
    np.testing.assert_array_equal(weights, 2 * (1 - np.eye(5)))


def test_neighbours_are_the_nearest(rng: np.random.Generator) -> None:
    image = draw_image(rng, 9, 11)
    rows, columns = np.indices((9, 11))
    expected = np.zeros((99, 99))
    for count, weight in ((20, 2.0), (10, 0.1)):
        place = np.dstack([image / 255, weight * (columns + 0.5) / 11, weight * (rows + 0.5) / 9]).reshape(99, 5)
        distances = np.linalg.norm(place[:, None] - place, axis=2)
        np.fill_diagonal(distances, np.inf)
        nearest = np.argsort(distances, axis=1)[:, :count]
        np.add.at(expected, (np.arange(99)[:, None], nearest), 1)
    np.testing.assert_array_equal(build_neighbour_affinity(image).toarray(), (expected + expected.T) / 2)


def test_walk_joins_pixels_that_touch(rng: np.random.Generator) -> None:
    image = (120 + draw_image(rng, 5, 7) // 32).astype(np.uint8)  # alike enough for weights that are not 0
    weights = build_walk_affinity(image).toarray()
    for here in range(35):
        for there in range(35):
            (y0, x0), (y1, x1) = divmod(here, 7), divmod(there, 7)
            is_near = here != there and abs(y0 - y1) <= 1 and abs(x0 - x1) <= 1
            square = np.square((image[y0, x0].astype(float) - image[y1, x1]) / 255).sum()
            assert weights[here, there] == pytest.approx(np.exp(-square / 0.033**2) if is_near else 0, rel=1e-4)


def test_one_pixel_has_no_neighbours() -> None:
    image = np.zeros((1, 1, 3), np.uint8)
    assert build_neighbour_affinity(image).toarray().tolist() == [[0]]
    assert build_walk_affinity(image).toarray().tolist() == [[0]]


def test_images_are_blocks_of_one_matrix(rng: np.random.Generator) -> None:
    matrices = [build_walk_affinity(np.zeros((2, 2, 3), np.uint8)), build_neighbour_affinity(draw_image(rng, 1, 3))]
    dense = stack_sparse(matrices, CPU).to_dense().numpy()
    np.testing.assert_array_equal(dense[:4, :4], matrices[0].toarray())
    np.testing.assert_array_equal(dense[4:, 4:], matrices[1].toarray())
    assert not dense[:4, 4:].any()


def test_flat_images(rng: np.random.Generator) -> None:
    wall = np.full((20, 30, 3), (90, 140, 60), np.uint8)
    assert is_flat(wall)
    assert is_flat((wall + rng.integers(0, 2, wall.shape)).astype(np.uint8))  # the noise of a camera
    wall[5:9, 5:9] = (110, 140, 60)
    assert not is_flat(wall)
