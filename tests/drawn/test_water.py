"""Open water: it moves and is never an object; what floats on it is one, down to the waterline."""

import numpy as np
import pytest

from ike_ray.drawn import scene
from ike_ray.drawn.camera import draw_camera
from ike_ray.drawn.odds import choose_odds
from ike_ray.drawn.scene import draw_scene
from ike_ray.drawn.water import draw_wake, draw_water


def list_places(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.indices((height, width), dtype=np.float32)
    return columns, rows


def test_water_below_its_horizon_changes_from_frame_to_frame_and_the_rest_does_not() -> None:
    generator = np.random.default_rng(1)
    water = draw_water(generator, 3, (60, 80), (0.0, 0.0))
    image = generator.integers(0, 255, (60, 80, 3), np.uint8)
    across, down = list_places(60, 80)
    ripples = np.zeros((60, 80), np.float32)
    frames = [water.apply(image, across, down, ripples, step) for step in range(3)]
    is_above = down < water.horizon_px
    for frame in frames:
        np.testing.assert_array_equal(frame[is_above], image[is_above])
    assert (frames[0] != frames[2]).any()


def test_waves_move_with_the_scene() -> None:
    """A camera that pans by 7 px sees the same waves 7 px to the side, but for the fine ripples."""
    water = draw_water(np.random.default_rng(0), 1, (60, 80), (0.0, 0.0))
    calm = type(water)(**{**vars(water), "chop": np.zeros_like(water.chop), "refraction_px": 0.0, "gloss": 1.0})
    image, ripples = np.full((60, 80, 3), 90, np.uint8), np.zeros((60, 80), np.float32)
    across, down = list_places(60, 80)
    still, panned = (calm.apply(image, across + shift, down, ripples, 0) for shift in (0, 7))
    np.testing.assert_array_equal(panned[:, :-7], still[:, 7:])


def test_a_wake_lies_behind_what_makes_it() -> None:
    wake = draw_wake(np.random.default_rng(3), 20.0, np.array([2.0, 0.0]))
    wake = type(wake)(**{**vars(wake), "strength": 1.0})
    across, down = list_places(60, 120)
    slope = np.abs(wake.build(across, down, np.array([80.0, 30.0], np.float32)))
    assert slope[:, :60].max() > 0.05
    assert slope[:, 95:].max() == 0


@pytest.mark.parametrize("seed", [1_400_003, 1_400_010])
def test_a_full_scene_is_drawn_again_alike(seed: int) -> None:
    first, second = (draw_scene(seed, num_frames=3, height=64, width=96) for _ in range(2))
    np.testing.assert_array_equal(first.frames, second.frames)


def test_what_floats_ends_at_its_waterline() -> None:
    generator = np.random.default_rng(0)
    camera = draw_camera(generator, 3, 96, 160, choose_odds(1_400_000))
    pictures = np.full((3, 40, 40, 4), 255, np.uint8)
    ashore = scene._Thing(pictures=pictures, placements=[np.eye(3)] * 3, centres_px=np.zeros((3, 2)), is_object=True)
    afloat = scene._let_float(generator, ashore, camera)
    opaque = afloat.pictures[..., 3].any(axis=(0, 2))
    assert 0.4 < opaque.mean() < 0.9
    assert opaque[: int(opaque.sum())].all()
    assert not opaque[int(opaque.sum()) :].any()
    assert afloat.wake is not None
    assert afloat.shadow is None
