import numpy as np

from ike_ray.saliency.superpixels import build_superpixels, describe_superpixels, stretch


def test_the_graph_of_a_picture_of_six_pixels() -> None:
    labels = np.array([[0, 0, 1], [2, 2, 1]])
    lab = np.zeros((2, 3, 3), np.float32)
    lab[..., 0] = [[10, 30, 50], [1, 3, 70]]
    superpixels = describe_superpixels(lab, labels)
    np.testing.assert_allclose(superpixels.colours[:, 0], [20, 60, 2])
    np.testing.assert_allclose(superpixels.places * 3, [[0.5, 0], [2, 0.5], [0.5, 1]])
    np.testing.assert_array_equal(superpixels.is_adjacent, ~np.eye(3, dtype=bool))
    top, bottom, left, right = superpixels.sides.tolist()
    assert top == [True, True, False]
    assert bottom == [False, True, True]
    assert left == [True, False, True]
    assert right == [False, True, False]


def test_what_touches_at_a_corner_only_is_not_adjacent_and_the_middle_is_not_on_the_border() -> None:
    superpixels = describe_superpixels(np.zeros((3, 3, 3), np.float32), np.arange(9).reshape(3, 3))
    assert np.flatnonzero(superpixels.is_adjacent[4]).tolist() == [1, 3, 5, 7]
    assert np.flatnonzero(~superpixels.is_border).tolist() == [4]


def test_outlines_follow_the_colours() -> None:
    lab = np.zeros((60, 80, 3), np.float32)
    lab[:, 33:] = (60, 20, -20)
    superpixels = build_superpixels(lab, lab, 40)
    numbers = np.unique(superpixels.labels)
    assert 20 <= len(numbers) <= 60
    np.testing.assert_array_equal(numbers, np.arange(len(superpixels.colours)))
    is_pure = np.isclose(superpixels.colours[:, 0], 0) | np.isclose(superpixels.colours[:, 0], 60)
    assert is_pure.all()


def test_stretching_constant_values_gives_0() -> None:
    np.testing.assert_array_equal(stretch(np.full(3, 7.0)), np.zeros(3))
    np.testing.assert_array_equal(stretch(np.array([2.0, 3.0, 6.0])), [0, 0.25, 1])
