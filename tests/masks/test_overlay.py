import numpy as np

from ike_ray.masks.overlay import render_overlay


def test_only_the_object_is_tinted(rng: np.random.Generator) -> None:
    frame = rng.integers(0, 256, (60, 90, 3), np.uint8)
    before = frame.copy()
    mask = np.zeros((60, 90), bool)
    mask[20:40, 30:60] = True
    overlay = render_overlay(frame, {1: mask})
    np.testing.assert_array_equal(frame, before)
    far = np.ones((60, 90), bool)
    far[17:43, 27:63] = False
    np.testing.assert_array_equal(overlay[far], frame[far])
    assert (overlay[25:35, 35:55] != frame[25:35, 35:55]).any(axis=-1).mean() > 0.95


def test_an_empty_mask_changes_nothing() -> None:
    frame = np.full((60, 90, 3), 9, np.uint8)
    np.testing.assert_array_equal(render_overlay(frame, {1: np.zeros((60, 90), bool)}), frame)


def test_each_object_has_its_colour() -> None:
    frame = np.full((60, 90, 3), 100, np.uint8)
    left, right = np.zeros((2, 60, 90), bool)
    left[20:40, 10:30], right[20:40, 60:80] = True, True
    overlay = render_overlay(frame, {1: left, 2: right})
    assert (overlay[30, 20] != overlay[30, 70]).any()
    np.testing.assert_array_equal(render_overlay(frame, {2: right})[30, 70], overlay[30, 70])
    np.testing.assert_array_equal(render_overlay(frame, {12: left, 255: right})[0, 0], frame[0, 0])
