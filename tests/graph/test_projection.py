import numpy as np
import torch

from ike_ray.graph.projection import build_projector


def test_it_is_ridge_regression(rng: np.random.Generator) -> None:
    """The same as stacking sqrt(lambda) I below F and solving by least squares, in float64."""
    features, values = rng.random((2, 4, 50), np.float32), rng.random((2, 50), np.float32)
    ours = build_projector(torch.from_numpy(features), 3.0).project(torch.from_numpy(values))
    for frame in range(2):
        design = np.hstack([features[frame].T, np.ones((50, 1))]).astype(np.float64)
        stacked = np.vstack([design, np.sqrt(3.0) * np.eye(5)])
        weights, *_ = np.linalg.lstsq(stacked, np.concatenate([values[frame], np.zeros(5)]), rcond=None)
        np.testing.assert_allclose(ours[frame].numpy(), design @ weights, rtol=1e-4, atol=1e-5)


def test_dependent_features_are_no_obstacle() -> None:
    same = torch.rand(1, 1, 40).expand(1, 6, 40)
    assert torch.isfinite(build_projector(same, 1e-3).project(torch.rand(1, 40))).all()
