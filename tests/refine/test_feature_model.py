import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from ike_ray.refine.feature_model import PatchFeatures, estimate_feature_costs


def build_sides() -> tuple[torch.Tensor, torch.Tensor]:
    """The object on the left and the background on the right of two frames of 20 x 40."""
    left = torch.zeros(2, 20, 40)
    left[:, :, :20] = 1
    return left, 1 - left


def build_halves(left: list[float], right: list[float]) -> PatchFeatures:
    """Two frames of 2 x 4 patches whose halves have one feature each."""
    maps = torch.empty(2, 2, 4, len(left))
    maps[:, :, :2], maps[:, :, 2:] = torch.tensor(left), torch.tensor(right)
    return PatchFeatures(maps=maps)


def test_it_is_the_minimum_of_the_loss(rng: np.random.Generator) -> None:
    """Found by scipy from the loss as it is written, on features whose sides overlap."""
    maps = rng.normal(0, 1, (2, 4, 5, 3))
    sides = rng.random((2, 2, 4, 5)).astype(np.float32)
    sides[0] += maps[..., 0] > 0.5
    costs = estimate_feature_costs(
        PatchFeatures(maps=torch.from_numpy(maps).float()), torch.from_numpy(sides[0]), torch.from_numpy(sides[1])
    )
    rows, (ours, theirs) = maps.reshape(-1, 3), (side.ravel() / side.sum() for side in sides)
    shares = (ours + theirs) / 2
    rows = rows - shares @ rows
    rows = rows / np.sqrt(shares @ np.square(rows).sum(axis=1))

    def evaluate_loss(weights: np.ndarray) -> float:
        scores = rows @ weights[:3] + weights[3]
        loss = ours @ np.logaddexp(0, -scores) / 2 + theirs @ np.logaddexp(0, scores) / 2
        return float(loss + 1e-3 / 2 * np.square(weights[:3]).sum())

    best = minimize(evaluate_loss, np.zeros(4), tol=1e-10).x
    np.testing.assert_allclose(costs.flatten(), -(rows @ best[:3] + best[3]), atol=0.02)


def test_features_that_never_overlap_are_nearly_certain() -> None:
    costs = estimate_feature_costs(build_halves([1, 0, 0], [0, 1, 0]), *build_sides())
    assert costs.shape == (2, 20, 40)
    assert costs[:, :, :15].max() < -3
    assert costs[:, :, 25:].min() > 3
    torch.testing.assert_close(costs, -costs.flip(2), atol=1e-3, rtol=0)


def test_a_feature_that_is_three_times_as_frequent_on_one_side_costs_log_3() -> None:
    left, right = build_sides()
    features = build_halves([1, 0], [0, 1])
    costs = estimate_feature_costs(features, 0.75 * left + 0.25 * right, 0.25 * left + 0.75 * right)
    torch.testing.assert_close(costs[:, :, :15], torch.full((2, 20, 15), -np.log(3)), atol=0.02, rtol=0)
    torch.testing.assert_close(costs[:, :, 25:], torch.full((2, 20, 15), np.log(3)), atol=0.02, rtol=0)


def test_the_size_of_a_side_says_nothing() -> None:
    """The object is a single patch column of four, and its feature still costs as much as the background's saves."""
    object_weights = torch.zeros(2, 20, 40)
    object_weights[:, :, :10] = 1
    maps = torch.zeros(2, 2, 4, 2)
    maps[:, :, 0, 0], maps[:, :, 1:, 1] = 1, 1
    costs = estimate_feature_costs(PatchFeatures(maps=maps), object_weights, 1 - object_weights)
    torch.testing.assert_close(costs[:, :, 0], -costs[:, :, -1], atol=1e-3, rtol=0)


def test_frames_share_one_model() -> None:
    left, right = build_sides()
    left[1], right[1] = 0, 0
    costs = estimate_feature_costs(build_halves([1, 0], [0, 1]), left, right)
    torch.testing.assert_close(costs[1], costs[0])
    assert costs[1, :, :15].max() < -3


@pytest.mark.parametrize("is_left_empty", [True, False])
def test_features_say_nothing_where_one_side_is_empty(is_left_empty: bool) -> None:
    sides = list(build_sides())
    sides[0 if is_left_empty else 1].zero_()
    assert not estimate_feature_costs(build_halves([1, 0], [0, 1]), *sides).any()


@pytest.mark.parametrize("noise", [0.0, 1e-7])
def test_features_that_agree_say_nothing(noise: float) -> None:
    """Rounding is not taken for a difference."""
    features = build_halves([0.6, 0.8], [0.6 + noise, 0.8])
    torch.testing.assert_close(estimate_feature_costs(features, *build_sides()), torch.zeros(2, 20, 40), atol=0.1, rtol=0)


def test_costs_are_interpolated_between_the_centres_of_patches() -> None:
    """Two patches over four pixels: 1, 3/4, 1/4 and 0 of the left one."""
    weights = torch.tensor([[[1.0, 1, 0, 0]]])
    maps = torch.tensor([1.0, -1]).reshape(1, 1, 2, 1)
    costs = estimate_feature_costs(PatchFeatures(maps=maps), weights, 1 - weights)[0, 0]
    torch.testing.assert_close(costs / costs[3], torch.tensor([-1, -0.5, 0.5, 1]), atol=1e-4, rtol=0)
