import numpy as np
import pytest

from ike_ray.drawn.textures import draw_noise, draw_surroundings, draw_texture


@pytest.mark.parametrize("size", [(2, 5), (40, 30), (300, 500)])
def test_noise_has_the_size_that_was_asked_for_and_is_smooth(rng: np.random.Generator, size: tuple[int, int]) -> None:
    noise = draw_noise(rng, *size)
    assert (noise.shape, noise.dtype) == (size, np.float32)
    assert np.isfinite(noise).all()
    assert noise.std() > 0.01
    if size == (300, 500):  # neighbours differ by much less than pixels that lie far apart
        assert np.abs(np.diff(noise, axis=1)).mean() < 0.3 * np.abs(noise[:, :-100] - noise[:, 100:]).mean()


@pytest.mark.parametrize("draw", [draw_texture, draw_surroundings])
def test_surfaces_differ_and_a_generator_draws_the_same_ones_again(draw: object) -> None:
    assert callable(draw)
    images = [draw(np.random.default_rng(seed), 48, 80) for seed in range(12)]
    assert {(image.shape, image.dtype) for image in images} == {((48, 80, 3), np.dtype(np.uint8))}
    np.testing.assert_array_equal(images[3], draw(np.random.default_rng(3), 48, 80))
    means = np.stack([image.mean(axis=(0, 1)) for image in images])
    assert means.std(axis=0).min() > 10
    assert np.median([image.std() for image in images]) > 5
