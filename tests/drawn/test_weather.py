from dataclasses import replace

import numpy as np
import pytest

from ike_ray.drawn.weather import Particles, Restless, draw_particles, draw_restless

STEPS = np.broadcast_to(np.arange(20, dtype=np.uint8)[None, :, None] * 10, (8, 20, 3))  # brighter to the right


def test_a_region_is_displaced_and_the_rest_stays() -> None:
    """What lies two pixels to the right is read, ten levels a pixel."""
    region = np.zeros((8, 20), np.float32)
    region[:4] = 1
    twos = np.full((8, 20), 2, np.float32)
    moved = Restless(region=region, displace=lambda step: (twos, 0 * twos), glint=0.0).apply(STEPS, 0)
    np.testing.assert_array_equal(moved[4:], STEPS[4:])
    np.testing.assert_array_equal(moved[:4, :17], STEPS[:4, :17] + 20)


def test_a_slope_glints() -> None:
    """Waves rise by 1 a row, 2 over two rows; at 5 levels a unit of slope that is 10 levels."""
    down = np.broadcast_to(np.arange(8, dtype=np.float32)[:, None], (8, 20))
    grey = np.full((8, 20, 3), 100, np.uint8)
    shown = Restless(region=np.ones((8, 20), np.float32), displace=lambda step: (0 * down, down), glint=5.0).apply(grey, 0)
    assert (shown[2:] == 110).all()


def test_each_kind_of_surface_moves_anew_in_each_frame(rng: np.random.Generator) -> None:
    image = rng.integers(0, 256, (48, 80, 3), np.uint8)
    for _ in range(20):
        surface = draw_restless(rng, 48, 80, is_rough=False)
        assert surface.region.min() >= 0
        assert surface.region.max() <= 1
        fields = [np.stack(surface.displace(step)) for step in (0, 1)]
        assert np.abs(fields[0] - fields[1]).max() > 0.01
        np.testing.assert_array_equal(np.stack(surface.displace(0)), fields[0])
        is_outside = surface.region == 0
        np.testing.assert_array_equal(surface.apply(image, 0)[is_outside], image[is_outside])


@pytest.fixture
def drop() -> Particles:
    """One white drop of radius 1 that appears in frame 2 at (5, 4), goes 3 to the right a frame and lives for 4 frames."""
    return Particles(
        birth=np.array([2], np.float32),
        start_px=np.array([[5, 4]], np.float32),
        velocity_px=np.array([[3, 0]], np.float32),
        radius_px=np.array([1], np.float32),
        fall_px=0.0,
        lifetime=4.0,
        growth_px=0.0,
        blur_px=0.5,
        opacity=1.0,
        colour=(255.0, 255.0, 255.0),
    )


def find_brightest(particles: Particles, step: int) -> tuple[int, int]:
    image = particles.apply(np.zeros((12, 30, 3), np.uint8), step)[..., 0]
    row, column = np.unravel_index(image.argmax(), image.shape)
    return int(column), int(row)


def test_a_drop_is_there_from_its_birth_to_its_end_and_moves(drop: Particles) -> None:
    black = np.zeros((12, 30, 3), np.uint8)
    assert [bool(drop.apply(black, step).any()) for step in range(8)] == [False] * 2 + [True] * 4 + [False] * 2
    assert [find_brightest(drop, step) for step in (2, 3, 4)] == [(5, 4), (8, 4), (11, 4)]
    assert drop.apply(black, 2).max() > drop.apply(black, 4).max()  # it fades


def test_a_drop_falls_as_the_square_of_its_age(drop: Particles) -> None:
    falling = replace(drop, fall_px=2.0)
    assert [find_brightest(falling, step) for step in (2, 3, 4)] == [(5, 4), (8, 5), (11, 8)]


def test_spray_falls_and_smoke_grows(rng: np.random.Generator) -> None:
    foot_px = np.linspace([10, 20], [50, 20], 6).astype(np.float32)
    spray, smoke = (draw_particles(rng, foot_px, 30.0, floats=floats) for floats in (False, True))
    assert spray.fall_px > 0
    assert spray.growth_px == 0
    assert smoke.fall_px == 0
    assert smoke.growth_px > 0
    assert smoke.radius_px.mean() > spray.radius_px.mean()
    for particles in (spray, smoke):  # they begin along the object's way
        assert np.abs(particles.start_px[:, 1] - 20).mean() < 10
        assert ((particles.birth >= -3) & (particles.birth <= 6)).all()
