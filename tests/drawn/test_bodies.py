import numpy as np
import pytest

from ike_ray.drawn.bodies import draw_body


@pytest.mark.parametrize(("side_px", "num_frames"), [(16, 1), (64, 4)])
def test_a_body_is_a_picture_a_frame_with_something_in_it(rng: np.random.Generator, side_px: int, num_frames: int) -> None:
    for _ in range(20):
        body = draw_body(rng, side_px, num_frames)
        assert (body.shape, body.dtype) == ((num_frames, side_px, side_px, 4), np.uint8)
        assert body[..., 3].max() == 255
        assert (body[..., 3] == 0).any()


def test_some_bodies_change_their_shape_and_vehicles_do_not(rng: np.random.Generator) -> None:
    """20 % are polygons and three of ten blobs are as stiff, 30 % in all."""
    is_stiff = [len(np.unique(draw_body(rng, 32, 4), axis=0)) == 1 for _ in range(60)]
    assert 0.15 < np.mean(is_stiff) < 0.5


def test_the_area_of_a_body_hardly_changes_from_frame_to_frame(rng: np.random.Generator) -> None:
    """Limbs swing before and behind the torso, and a bent blob is still there; nothing appears or vanishes."""
    for _ in range(20):
        areas = (draw_body(rng, 64, 5)[..., 3] > 127).sum(axis=(1, 2)).astype(float)
        assert areas.min() > 0
        assert np.abs(np.diff(areas)).max() / areas.max() < 0.35
