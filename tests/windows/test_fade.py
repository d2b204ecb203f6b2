import numpy as np

from ike_ray.windows.fade import build_fade, build_faded


def test_the_later_window_gains_weight_in_equal_steps() -> None:
    np.testing.assert_allclose(build_fade(3), [0.25, 0.5, 0.75])
    np.testing.assert_allclose(build_fade(1), [0.5])


def test_answers_are_faded_frame_by_frame() -> None:
    before, after = np.zeros((3, 2, 2), np.float32), np.ones((3, 2, 2), np.float32)
    faded = build_faded(before, after)
    assert faded.dtype == np.float32
    np.testing.assert_allclose(faded[:, 0, 0], [0.25, 0.5, 0.75])
    np.testing.assert_array_equal(build_faded(after, after), after)
