import numpy as np
import pytest
import torch

from ike_ray.config import PublishedGraphConfig
from ike_ray.graph.published.compiled_projection import CompiledProjector, build_compiled_projector
from ike_ray.graph.published.features import build_features
from ike_ray.graph.published.power_iteration import build_feature_projector
from ike_ray.graph.published.projection import build_projector


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


@pytest.mark.parametrize("num_frames", [1, 2, 4, 9])
@pytest.mark.parametrize("has_cue", [False, True])
def test_two_bytes_a_feature_are_enough(num_frames: int, has_cue: bool, generator: torch.Generator) -> None:
    """The compiled projection at two bytes is that of tensors at four bytes, and may write into the values themselves."""
    shape = (num_frames - 1, 12, 20, 2)
    forward, backward = (2 * torch.randn((2, *shape), generator=generator)).unbind()
    cues = torch.rand((1, num_frames, 12, 20), generator=generator) if has_cue else None
    values = torch.rand((num_frames, 240), generator=generator)
    expected = build_projector(build_features(forward, backward, cues, 3), 5.0).project(values)
    projector = build_compiled_projector(forward, backward, cues, motion_reach_frames=3, ridge=5.0)
    assert projector.features.dtype == np.uint16
    torch.testing.assert_close(projector.project(values), expected, atol=2e-5, rtol=2e-5)
    projector.project(values, out=values)
    torch.testing.assert_close(values, expected, atol=2e-5, rtol=2e-5)


def test_a_cpu_gets_the_compiled_one() -> None:
    flow = torch.zeros(1, 4, 6, 2)
    assert isinstance(build_feature_projector(flow, flow, None, PublishedGraphConfig()), CompiledProjector)
