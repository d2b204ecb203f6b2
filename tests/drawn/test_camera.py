import numpy as np
import pytest

from ike_ray.drawn.camera import Camera, build_similarity, draw_camera, draw_drift, draw_path
from ike_ray.drawn.odds import choose_odds


def build_camera(**changes: object) -> Camera:
    """A camera of two frames, 20 x 10 pixels, that does nothing but what `changes` say."""
    still = {"shift_px": np.zeros((2, 2)), "angle": np.zeros(2), "zoom": np.ones(2), "tilt": np.zeros((2, 2))}
    return Camera(**{**still, "centre_px": (10.0, 5.0), "skew_fraction": 0.0, **changes})


def move(matrix: np.ndarray, x: float, y: float) -> tuple[float, float]:
    moved = matrix @ [x, y, 1]
    return float(moved[0] / moved[2]), float(moved[1] / moved[2])


def test_a_quarter_turn_at_twice_the_size_by_hand() -> None:
    turn = build_similarity(np.pi / 2, 2.0, (1.0, 1.0))
    assert move(turn, 1, 1) == pytest.approx((1, 1))
    assert move(turn, 2, 1) == pytest.approx((1, 3))


def test_a_camera_that_does_nothing_leaves_a_picture_at_its_origin() -> None:
    assert move(build_camera().place(1, 1.7, (3.0, 4.0)), 2, 1) == pytest.approx((5, 5))


def test_what_is_twice_as_near_moves_twice_as_far() -> None:
    camera = build_camera(shift_px=np.array([[0.0, 0.0], [3.0, -1.0]]))
    assert move(camera.place(1, 1.0, (0.0, 0.0)), 4, 4) == pytest.approx((7, 3))
    assert move(camera.place(1, 2.0, (0.0, 0.0)), 4, 4) == pytest.approx((10, 2))


def test_zoom_is_about_the_centre_and_stronger_for_what_is_nearer() -> None:
    camera = build_camera(zoom=np.array([1.0, 2.0]))
    assert move(camera.place(1, 1.0, (0.0, 0.0)), 10, 5) == pytest.approx((10, 5))
    assert move(camera.place(1, 1.0, (0.0, 0.0)), 11, 5) == pytest.approx((12, 5))
    assert move(camera.place(1, 2.0, (0.0, 0.0)), 11, 5) == pytest.approx((14, 5))


def test_a_rolling_shutter_shifts_the_last_row_by_its_share_of_the_step() -> None:
    """The step is 4 to the right; the last row of ten lags by a half of it."""
    camera = build_camera(shift_px=np.array([[0.0, 0.0], [4.0, 0.0]]), skew_fraction=0.5)
    assert move(camera.place(1, 1.0, (0.0, 0.0)), 0, 0) == pytest.approx((4, 0))
    assert move(camera.place(1, 1.0, (0.0, 0.0)), 0, 10) == pytest.approx((6, 10))


def test_three_cameras_of_ten_stand_still(rng: np.random.Generator) -> None:
    cameras = [draw_camera(rng, 4, 96, 160, choose_odds(0)) for _ in range(300)]
    is_still = [not camera.shift_px.any() and (camera.zoom == 1).all() and not camera.angle.any() for camera in cameras]
    assert 0.2 < np.mean(is_still) < 0.4
    assert all(camera.shift_px.shape == (4, 2) and len(camera.angle) == len(camera.zoom) == 4 for camera in cameras)


def test_a_path_without_change_is_straight_and_as_fast_as_asked(rng: np.random.Generator) -> None:
    path = draw_path(rng, 6, 2.5, 0.0)
    steps = np.diff(path, axis=0)
    np.testing.assert_array_equal(path[0], 0)
    np.testing.assert_allclose(np.linalg.norm(steps, axis=1), 2.5)
    np.testing.assert_allclose(steps, np.broadcast_to(steps[:1], steps.shape))


def test_a_drift_starts_at_zero_and_without_rate_and_jitter_stays_there(rng: np.random.Generator) -> None:
    assert draw_drift(rng, 5, 0.0, 0.0).tolist() == [0.0] * 5
    drift = draw_drift(rng, 5, 1.0, 0.1)
    assert drift[0] == 0
    assert (np.diff(drift) != 0).all()
