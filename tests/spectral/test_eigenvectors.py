import numpy as np
import pytest
import scipy.linalg
import torch
from jaxtyping import Float32
from torch import Tensor

from ike_ray.spectral.affinity import DenseAffinity, build_feature_affinity
from ike_ray.spectral.eigenvectors import Eigenvectors, solve_eigenvectors


def solve(weights: Tensor, num_vectors: int) -> Eigenvectors:
    return solve_eigenvectors(DenseAffinity(weights), num_vectors, generator=torch.Generator().manual_seed(0), tolerance=1e-5)


def draw_features(num_images: int, num_nodes: int, num_features: int = 12) -> Float32[Tensor, "b n d"]:
    generator = torch.Generator().manual_seed(1)
    features = torch.randn((num_images, num_nodes, num_features), generator=generator) + 1.5
    return torch.nn.functional.normalize(features, dim=-1)


def solve_by_scipy(weights: Tensor) -> tuple[np.ndarray, np.ndarray]:
    dense = weights.numpy().astype(np.float64)
    degrees = np.diag(dense.sum(axis=1))
    return scipy.linalg.eigh(degrees - dense, degrees)


@pytest.mark.parametrize("num_nodes", [2, 3, 9, 40, 300])
def test_they_are_those_of_the_dense_generalised_problem(num_nodes: int) -> None:
    weights = build_feature_affinity(draw_features(3, num_nodes))
    num_vectors = min(6, num_nodes)
    found = solve(weights, num_vectors)
    assert found.is_converged
    assert found.vectors.shape == (3, num_vectors, num_nodes)
    for image in range(3):
        values, vectors = solve_by_scipy(weights[image])
        np.testing.assert_allclose(found.values[image], values[:num_vectors], atol=2e-6)
        overlap = np.abs(vectors.T @ np.diag(weights[image].sum(1)) @ found.vectors[image].numpy().T)
        np.testing.assert_allclose(np.diag(overlap[:num_vectors, :num_vectors]), 1, atol=1e-4)


def test_the_first_is_constant_and_all_have_unit_length_in_d() -> None:
    weights = build_feature_affinity(draw_features(2, 50))
    found = solve(weights, 5)
    assert (found.vectors[:, 0].std(dim=1) < 1e-6).all()
    gram = found.vectors @ (weights.sum(-1, keepdim=True) * found.vectors.mT)
    torch.testing.assert_close(gram, torch.eye(5).expand(2, 5, 5), atol=1e-4, rtol=0)


def test_two_pieces_are_told_apart_by_their_sign() -> None:
    """Two cliques without a link: l_1 is 0, and v_1 is constant on each, with opposite signs."""
    weights = torch.zeros((1, 10, 10))
    weights[0, :3, :3], weights[0, 3:, 3:] = 1, 1
    found = solve(weights, 3)
    np.testing.assert_allclose(found.values[0], [0, 0, 1], atol=1e-6)
    side = found.vectors[0, 1]
    assert (side[:3].std() < 1e-5, side[3:].std() < 1e-5) == (True, True)
    assert side[0] * side[5] < 0


def test_an_image_without_contrast_has_ones() -> None:
    found = solve(torch.ones((2, 30, 30)), 4)
    torch.testing.assert_close(found.values, torch.tensor([[0.0, 1, 1, 1]] * 2), atol=1e-5, rtol=0)
    assert torch.isfinite(found.vectors).all()


def test_nodes_without_neighbours_are_no_error() -> None:
    weights = torch.zeros((1, 8, 8))
    weights[0, :4, :4] = 1
    found = solve(weights, 3)
    torch.testing.assert_close(found.values, torch.tensor([[0.0, 1, 1]]), atol=1e-5, rtol=0)
    torch.testing.assert_close(found.vectors[0, 0], torch.tensor([0.25] * 4 + [0] * 4), atol=1e-5, rtol=0)
    torch.testing.assert_close(solve(torch.zeros((1, 5, 5)), 3).values, torch.tensor([[0.0, 1, 1]]), atol=1e-5, rtol=0)


def test_equal_eigenvalues_come_with_orthonormal_vectors() -> None:
    """A ring: each eigenvalue but the first comes twice."""
    weights = torch.zeros((1, 60, 60))
    nodes = torch.arange(60)
    for shift in (1, 59):
        weights[0, nodes, (nodes + shift) % 60] = 1
    found = solve(weights, 5)
    expected = [0] + [1 - np.cos(2 * np.pi * turn / 60) for turn in (1, 1, 2, 2)]
    np.testing.assert_allclose(found.values[0], expected, atol=1e-5)
    gram = found.vectors[0] @ (2 * found.vectors[0].mT)
    torch.testing.assert_close(gram, torch.eye(5), atol=1e-3, rtol=0)


def test_reaching_the_limit_is_a_status() -> None:
    weights = build_feature_affinity(draw_features(1, 200, 100))
    found = solve_eigenvectors(DenseAffinity(weights), 5, generator=torch.Generator().manual_seed(0), max_basis=8)
    assert not found.is_converged
    assert found.num_products == 8
    assert found.residuals.max() > 1e-4


def test_weights_that_all_shrink_change_no_vector() -> None:
    """W plus a constant has other eigenvalues, nearer to 1, and is known as well."""
    weights = build_feature_affinity(draw_features(1, 120))
    found = solve(weights + 20, 4)
    values, vectors = solve_by_scipy(weights[0] + 20)
    assert found.is_converged
    assert values[1] > 0.98
    overlap = np.abs(vectors.T @ np.diag((weights[0] + 20).sum(1)) @ found.vectors[0].numpy().T)
    np.testing.assert_allclose(np.diag(overlap[:4, :4]), 1, atol=2e-3)


def test_one_patch_has_the_constant_vector_alone() -> None:
    found = solve(torch.full((2, 1, 1), 4.0), 5)
    assert found.is_converged
    assert found.values.tolist() == [[0], [0]]
    torch.testing.assert_close(found.vectors, torch.full((2, 1, 1), 0.5))


def test_images_do_not_know_of_each_other() -> None:
    weights = build_feature_affinity(draw_features(3, 80))
    together, alone = solve(weights, 4), solve(weights[1:2], 4)
    torch.testing.assert_close(together.values[1:2], alone.values, atol=1e-5, rtol=0)


def test_residuals_are_those_of_the_answer() -> None:
    weights = build_feature_affinity(draw_features(2, 150, 60))
    found = solve_eigenvectors(DenseAffinity(weights), 6, generator=torch.Generator().manual_seed(0), max_basis=24)
    root = weights.sum(-1).sqrt()
    normed = weights / root[:, None] / root[..., None]
    vectors = found.vectors * root[:, None]
    expected = (vectors @ normed - (1 - found.values)[..., None] * vectors).norm(dim=2)
    assert expected.max() > 1e-4
    torch.testing.assert_close(found.residuals, expected, atol=3e-6, rtol=1e-3)
