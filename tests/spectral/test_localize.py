import numpy as np

from ike_ray.spectral.localize import keep_largest, localize_box


def test_the_box_is_that_of_the_largest_component_in_pixels() -> None:
    side = np.zeros((4, 5), bool)
    side[1:3, 1:4] = True
    side[0, 0] = side[3, 4] = True  # the corners touch the component: they belong to it
    assert localize_box(side, 40, 50) == (0, 0, 50, 40)
    side[0, 0] = side[3, 4] = False
    assert localize_box(side, 40, 50) == (10, 10, 40, 30)
    side[3, 0] = True  # touches by its corner
    assert localize_box(side, 40, 50) == (0, 10, 40, 40)


def test_a_smaller_component_apart_does_not_count() -> None:
    side = np.zeros((6, 6), bool)
    side[0:2, 0:2], side[4:6, 3:6] = True, True
    assert localize_box(side, 6, 6) == (3, 4, 6, 6)
    assert keep_largest(side).sum() == 6


def test_patches_that_do_not_divide_the_image_are_covered() -> None:
    side = np.zeros((3, 3), bool)
    side[1, 1] = True
    assert localize_box(side, 10, 100) == (33, 3, 67, 7)


def test_nothing_has_no_box() -> None:
    assert localize_box(np.zeros((3, 4), bool), 30, 40) is None
    assert not keep_largest(np.zeros((3, 4), bool)).any()


def test_one_patch() -> None:
    assert localize_box(np.ones((1, 1), bool), 30, 40) == (0, 0, 40, 30)
