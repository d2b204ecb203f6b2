import numpy as np
import pytest
from jaxtyping import Bool, Float64

from ike_ray.saliency.background_detection import (
    build_geodesics,
    estimate_background_weights,
    estimate_by_background,
    solve_saliency,
)
from ike_ray.saliency.superpixels import describe_superpixels


def draw_graph(
    seed: int, side: int = 7
) -> tuple[Float64[np.ndarray, "k k"], Bool[np.ndarray, "k k"], Bool[np.ndarray, " k"]]:
    """Differences of random colours on a grid, some of them equal, which of the grid touch, and which lie on its border."""
    colours = 7 * np.random.default_rng(seed).integers(0, 3, (side, side, 3)).astype(np.float32)
    superpixels = describe_superpixels(colours, np.arange(side * side).reshape(side, side))
    differences = np.linalg.norm(superpixels.colours[:, None] - superpixels.colours, axis=-1)
    return differences, superpixels.is_adjacent, superpixels.is_border


def list_all_pairs(
    differences: Float64[np.ndarray, "k k"], is_adjacent: Bool[np.ndarray, "k k"], is_border: Bool[np.ndarray, " k"]
) -> Float64[np.ndarray, "k k"]:
    """The literal reference: all links, no limit, relaxed until nothing changes."""
    count = len(differences)
    links = [
        (p, q)
        for p in range(count)
        for q in range(count)
        if p != q and (is_adjacent[p, q] or (is_border[p] and is_border[q]))
    ]
    discount = np.mean([min(differences[p, q] for p, q in links if p == number) for number in range(count)])
    lengths = np.where(np.eye(count, dtype=bool), 0.0, np.inf)
    for p, q in links:
        lengths[p, q] = max(differences[p, q] - discount, 0)
    while True:
        shorter = (lengths[:, :, None] + lengths[None]).min(axis=1)
        if np.allclose(shorter, lengths, equal_nan=True):
            return lengths
        lengths = shorter


@pytest.mark.parametrize("seed", range(4))
def test_geodesics_are_the_shortest_paths_of_all_links(seed: int) -> None:
    graph = draw_graph(seed)
    expected = list_all_pairs(*graph)
    np.testing.assert_allclose(build_geodesics(*graph), np.where(expected > 35, np.inf, expected), atol=1e-9)


def test_the_step_over_an_edge_counts_less_the_discount() -> None:
    """Four in a row with colours 0, 2, 22, 24: each is 2 from its most similar neighbour, so that the edge is 18 long."""
    colours = np.array([0.0, 2.0, 22.0, 24.0])
    is_adjacent = np.abs(np.subtract.outer(np.arange(4), np.arange(4))) == 1
    is_border = np.array([True, False, False, False])
    geodesics = build_geodesics(np.abs(np.subtract.outer(colours, colours)), is_adjacent, is_border)
    np.testing.assert_allclose(geodesics, [[0, 0, 18, 18], [0, 0, 18, 18], [18, 18, 0, 0], [18, 18, 0, 0]])


def test_background_weights_by_hand() -> None:
    """Two regions that no path joins: the one of four has two on the border, so C = 2 / sqrt(4) = 1; the other has none."""
    geodesics = np.full((7, 7), np.inf)
    geodesics[:4, :4] = geodesics[4:, 4:] = 0
    weights = estimate_background_weights(geodesics, np.array([1, 1, 0, 0, 0, 0, 0], bool))
    np.testing.assert_allclose(weights, [1 - np.exp(-0.5)] * 4 + [0] * 3)


def test_the_optimum_by_hand() -> None:
    """Two of one colour, v = 1.1: the minimum of 5 a^2 + (b - 1)^2 + 1.1 (a - b)^2 is at 6.1 a = 1.1 b, 2.1 b = 1 + 1.1 a."""
    is_adjacent = ~np.eye(2, dtype=bool)
    values = solve_saliency(np.array([1.0, 0.0]), np.array([0.0, 1.0]), np.zeros((2, 2)), is_adjacent)
    object_value = 1 / (2.1 - 1.1**2 / 6.1)
    np.testing.assert_allclose(values, [1.1 / 6.1 * object_value, object_value])


def test_the_one_that_differs_from_the_border_is_salient() -> None:
    lab = np.zeros((5, 5, 3), np.float32)
    lab[2, 2] = 50
    saliency = estimate_by_background(describe_superpixels(lab, np.arange(25).reshape(5, 5)))
    assert saliency[12] == 1
    assert np.delete(saliency, 12).max() < 0.2


@pytest.mark.parametrize("count", [1, 4])
def test_superpixels_of_one_colour_are_not_salient(count: int) -> None:
    saliency = estimate_by_background(describe_superpixels(np.ones((1, count, 3), np.float32), np.arange(count)[None]))
    np.testing.assert_array_equal(saliency, np.zeros(count))
