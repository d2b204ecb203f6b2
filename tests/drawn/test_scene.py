import cv2
import numpy as np
import pytest

from ike_ray.drawn.camera import draw_camera
from ike_ray.drawn.odds import choose_odds
from ike_ray.drawn.scene import DrawnScene, draw_scene
from ike_ray.drawn.weather import Particles, Restless

# Seeds whose camera stands still, without water and particles, and seeds that draw both of these.
STILL_SEEDS, WET_SEEDS = (30, 53, 102), (63, 113)


def draw(seed: int) -> DrawnScene:
    return draw_scene(seed, num_frames=5, height=96, width=160)


def test_a_seed_draws_the_same_clip_again_and_another_seed_another_one() -> None:
    first, again, other = draw(1), draw(1), draw(2)
    np.testing.assert_array_equal(first.frames, again.frames)
    np.testing.assert_array_equal(first.opacity, again.opacity)
    assert not np.array_equal(first.frames, other.frames)


@pytest.mark.parametrize(("num_frames", "height", "width"), [(5, 96, 160), (2, 100, 70)])
def test_a_clip_has_the_size_that_was_asked_for(num_frames: int, height: int, width: int) -> None:
    scene = draw_scene(0, num_frames=num_frames, height=height, width=width)
    assert (scene.frames.shape, scene.frames.dtype) == ((num_frames, height, width, 3), np.uint8)
    assert (scene.opacity.shape, scene.opacity.dtype) == ((num_frames, height, width), np.uint8)
    assert scene.frames.std() > 5
    assert scene.opacity.max() == 255


@pytest.mark.parametrize("seed", STILL_SEEDS)
def test_where_the_camera_stands_still_the_picture_changes_where_the_opacity_is(seed: int) -> None:
    """Elsewhere are the grain, the light and the shadow, which change it by a few levels."""
    assert not draw_camera(np.random.default_rng(seed), 5, 96, 160, choose_odds(seed)).shift_px.any()
    scene = draw(seed)
    change = np.abs(np.diff(scene.frames.astype(float), axis=0)).mean(axis=-1)
    covered = np.maximum(scene.opacity[1:], scene.opacity[:-1])
    near = np.stack([cv2.dilate(frame, np.ones((9, 9), np.uint8)) for frame in covered]) > 0
    assert change[covered > 127].mean() > 3 * change[~near].mean()


@pytest.mark.parametrize("seed", WET_SEEDS)
def test_water_and_particles_change_the_picture_and_never_the_opacity(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with_all = draw(seed)
    for kind in (Restless, Particles):
        with monkeypatch.context() as patch:
            patch.setattr(kind, "apply", lambda self, image, step: image)
            without = draw(seed)
        np.testing.assert_array_equal(without.opacity, with_all.opacity)
        assert (np.abs(without.frames.astype(int) - with_all.frames).max(axis=-1) > 20).mean() > 0.001


def test_few_clips_have_no_object() -> None:
    """3 % of them; of 200 that are 1 to 14, but for one try in a thousand."""
    is_empty = [not draw_scene(seed, num_frames=2, height=24, width=40).opacity.any() for seed in range(200)]
    assert 1 <= sum(is_empty) <= 14
