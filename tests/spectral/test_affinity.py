import numpy as np
import torch

from ike_ray.spectral.affinity import (
    DenseAffinity,
    FactoredAffinity,
    InterpolatedAffinity,
    SparseAffinity,
    build_feature_affinity,
    build_interpolation,
)
from ike_ray.spectral.eigenvectors import solve_eigenvectors
from tests.spectral.test_eigenvectors import draw_features

CPU = torch.device("cpu")


def draw_sparse(num_images: int, num_nodes: int) -> torch.Tensor:
    drawn = torch.rand((num_images, num_nodes, num_nodes), generator=torch.Generator().manual_seed(2))
    return torch.where(drawn + drawn.mT > 1.6, drawn + drawn.mT, 0.0)


def test_weights_are_similarities_cut_at_zero() -> None:
    features = torch.tensor([[[1.0, 0], [-1, 0], [0.6, 0.8]]])
    expected = [[1, 0, 0.6], [0, 1, 0], [0.6, 0, 1]]
    torch.testing.assert_close(build_feature_affinity(features)[0], torch.tensor(expected))
    assert build_feature_affinity(torch.zeros((1, 3, 2))).eq(0).all()


def test_products_without_the_matrix_are_the_same() -> None:
    features = draw_features(2, 40).abs()  # nothing to clamp
    colours = draw_sparse(2, 40)
    weights = features @ features.mT + colours
    factored = FactoredAffinity(features, SparseAffinity(torch.block_diag(*colours).to_sparse(), 2))
    torch.testing.assert_close(factored.list_degrees(), DenseAffinity(weights).list_degrees(), rtol=1e-5, atol=1e-5)
    vectors = torch.randn((2, 3, 40), generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(factored.multiply(vectors), DenseAffinity(weights).multiply(vectors), rtol=1e-4, atol=1e-4)
    found, dense = (
        solve_eigenvectors(affinity, 4, generator=torch.Generator().manual_seed(0), tolerance=1e-5)
        for affinity in (factored, DenseAffinity(weights))
    )
    torch.testing.assert_close(found.values, dense.values, atol=1e-5, rtol=0)


def test_features_alone_need_no_matrix_either() -> None:
    features = draw_features(2, 20).abs()
    vectors = torch.eye(20).expand(2, -1, -1)
    torch.testing.assert_close(FactoredAffinity(features, None).multiply(vectors), features @ features.mT)


def test_images_of_a_sparse_batch_do_not_mix() -> None:
    colours = draw_sparse(3, 12)
    affinity = SparseAffinity(torch.block_diag(*colours).to_sparse(), 3)
    torch.testing.assert_close(affinity.list_degrees(), colours.sum(-1))
    vectors = torch.randn((3, 2, 12), generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(affinity.multiply(vectors), vectors @ colours)


def test_values_between_two_cells_are_their_mixture() -> None:
    """Two cells to four, half-pixel centres: 0, 1/4, 3/4, 1 of the second; over the root of 2."""
    expected = torch.tensor([[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]]) / 2**0.5
    torch.testing.assert_close(build_interpolation(2, 4), expected)


def test_at_pixels_it_is_the_enlarged_matrix_plus_that_of_pixels() -> None:
    patches, pixels = (2, 3), (5, 7)
    weights, colours = build_feature_affinity(draw_features(1, 6)), draw_sparse(1, 35)
    affinity = InterpolatedAffinity(DenseAffinity(weights), patches, SparseAffinity(colours[0].to_sparse(), 1), pixels, CPU)
    spread = torch.kron(build_interpolation(2, 5), build_interpolation(3, 7))
    expected = spread @ weights[0] @ spread.mT + colours[0]
    torch.testing.assert_close(affinity.multiply(torch.eye(35)[None])[0], expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(affinity.list_degrees()[0], expected.sum(1), rtol=1e-5, atol=1e-5)


def test_a_pixel_has_about_the_degree_of_its_patch() -> None:
    weights = build_feature_affinity(draw_features(1, 36))
    nothing = SparseAffinity(torch.zeros((30 * 30, 30 * 30)).to_sparse(), 1)
    affinity = InterpolatedAffinity(DenseAffinity(weights), (6, 6), nothing, (30, 30), CPU)
    inner = affinity.list_degrees()[0].reshape(6, 5, 6, 5)[:, 2, :, 2]  # the middles of patches
    np.testing.assert_allclose(inner, weights[0].sum(1).reshape(6, 6), rtol=0.02)
