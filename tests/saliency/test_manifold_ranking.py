import numpy as np
import pytest

from ike_ray.saliency.manifold_ranking import build_weights, estimate_by_ranking, solve_ranking
from ike_ray.saliency.superpixels import describe_superpixels


def test_the_ranking_of_a_pair_by_hand() -> None:
    """The inverse of [[1, -.99], [-.99, 1]] is [[1, .99], [.99, 1]] / (1 - .99^2), and a query does not count itself."""
    ranks = solve_ranking(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[True, False], [True, True]]))
    other = 0.99 / (1 - 0.99**2)
    np.testing.assert_allclose(ranks, [[0, other], [other, other]], atol=1e-9)


def test_the_ranking_is_the_inverse_without_its_diagonal() -> None:
    generator = np.random.default_rng(0)
    weights = generator.random((12, 12)) ** 8
    weights = weights + weights.T
    np.fill_diagonal(weights, 0)
    queries = generator.random((3, 12)) < 0.4
    inverse = np.linalg.inv(np.diag(weights.sum(axis=1)) - 0.99 * weights)
    np.fill_diagonal(inverse, 0)
    np.testing.assert_allclose(solve_ranking(weights, queries), queries @ inverse, atol=1e-9)


def test_linked_are_neighbours_and_their_neighbours_and_the_border() -> None:
    lab = np.zeros((7, 7, 3), np.float32)
    lab[3, 3, 0] = 20
    lab[3, 4, 0] = 10
    weights = build_weights(describe_superpixels(lab, np.arange(49).reshape(7, 7)))
    assert np.flatnonzero(weights[24]).tolist() == [10, 16, 17, 18, 22, 23, 25, 26, 30, 31, 32, 38]
    assert weights[24, 25] == pytest.approx(np.exp(-5))
    assert weights[24, 23] == pytest.approx(np.exp(-10))
    assert weights[0, 48] == 1
    assert weights[0, 0] == 0
    np.testing.assert_array_equal(weights, weights.T)


def test_the_one_that_differs_from_the_border_is_salient() -> None:
    lab = np.zeros((7, 7, 3), np.float32)
    lab[2:5, 2:5] = 50
    saliency = estimate_by_ranking(describe_superpixels(lab, np.arange(49).reshape(7, 7))).reshape(7, 7)
    assert saliency[2:5, 2:5].min() > 0.8
    saliency[2:5, 2:5] = 0
    assert saliency.max() < 0.2


def test_a_single_superpixel_is_not_salient() -> None:
    saliency = estimate_by_ranking(describe_superpixels(np.ones((2, 2, 3), np.float32), np.zeros((2, 2), np.int64)))
    np.testing.assert_array_equal(saliency, [0])
