import numpy as np
import pytest
import torch

from ike_ray.flow.camera import estimate_residual

SHAPE = (60, 90)


def draw_camera_flow(parameters: list[float]) -> torch.Tensor:
    """The flow of the eight parameters, written out."""
    a = parameters
    y, x = torch.meshgrid(torch.linspace(-1, 1, SHAPE[0]), torch.linspace(-1, 1, SHAPE[1]), indexing="ij")
    dx = a[0] + a[1] * x + a[2] * y + a[6] * x * x + a[7] * x * y
    dy = a[3] + a[4] * x + a[5] * y + a[6] * x * y + a[7] * y * y
    return torch.stack([dx, dy], dim=-1)


@pytest.mark.parametrize(
    "parameters",
    [
        [3, 0, 0, -2, 0, 0, 0, 0],  # it pans
        [0, 2, 0, 0, 0, 2, 0, 0],  # it zooms
        [0, 0, -1.5, 0, 1.5, 0, 0, 0],  # it rolls
        [5, 0.3, -0.2, 1, 0.1, 0.4, 0.8, -0.6],  # everything, with perspective
    ],
)
def test_the_camera_is_taken_away_and_what_moves_by_itself_stays(parameters: list[float]) -> None:
    camera = draw_camera_flow(parameters)
    own = torch.zeros_like(camera)
    own[20:40, 30:55] = torch.tensor([1.5, -2.0])  # 9 % of the frame, slower than most of these cameras
    residual = estimate_residual((camera + own)[None])[0]
    torch.testing.assert_close(residual, own, atol=0.02, rtol=0)


def test_an_object_that_fills_most_of_the_inside_does_not_pass_for_the_camera() -> None:
    """It covers 55 % of the frame and none of the border, where the camera is read first."""
    camera = draw_camera_flow([2, 0, 0, 0, 0, 0, 0, 0])
    own = torch.zeros_like(camera)
    own[8:52, 12:78] = torch.tensor([-3.0, 1.0])
    residual = estimate_residual((camera + own)[None])[0]
    assert residual[:8].norm(dim=-1).max() < 0.1
    assert residual[30, 45].norm() > 3


def test_each_step_has_its_own_camera(rng: np.random.Generator) -> None:
    cameras = torch.stack([draw_camera_flow(list(rng.normal(0, 2, 8))) for _ in range(3)])
    assert estimate_residual(cameras).abs().max() < 1e-3


def test_a_large_field_is_fitted_on_some_of_its_pixels() -> None:
    field = torch.nn.functional.interpolate(draw_camera_flow([1, 2, 0, 0, 0, 1, 0, 0]).permute(2, 0, 1)[None], (480, 848))
    assert estimate_residual(field.permute(0, 2, 3, 1)).abs().max() < 0.05


def test_no_motion_and_no_step() -> None:
    assert not estimate_residual(torch.zeros(2, 32, 32, 2)).any()
    assert estimate_residual(torch.zeros(0, 32, 32, 2)).shape == (0, 32, 32, 2)
