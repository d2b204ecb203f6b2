import numpy as np
import pytest
import torch

from ike_ray.refine.colour_model import build_colour_cells, estimate_colour_costs

CPU = torch.device("cpu")
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
NUM_CELLS = 24
UNSEEN = 0.3 / NUM_CELLS**3


def build_halves(left: tuple[int, int, int], right: tuple[int, int, int]) -> np.ndarray:
    """Two frames of 20 x 40 whose halves have one colour each."""
    frames = np.empty((2, 20, 40, 3), np.uint8)
    frames[:, :, :20], frames[:, :, 20:] = left, right
    return frames


def build_weights() -> tuple[torch.Tensor, torch.Tensor]:
    """The object on the left and the background on the right, without the columns at the border, where colours mix."""
    left, right = torch.zeros(2, 2, 20, 40)
    left[:, :, :15], right[:, :, 25:] = 1, 1
    return left, right


def smooth_corner() -> float:
    """The density of the first cell of a grid that has everything in it, after a Gaussian of one cell along each axis.

    The first cell is repeated beyond the grid, so that cell j has what offsets of j and more bring.
    """
    kernel = np.exp(-(np.arange(-3, 4) ** 2) / 2)
    kernel /= kernel.sum()
    profile = np.array([kernel[3 + cell :].sum() for cell in range(4)])
    return (profile[0] / profile.sum()) ** 3


def test_two_colours_by_hand() -> None:
    """Black and white lie at both ends of L and in the first cells of a and b: two corners of the grid."""
    frames = build_halves(BLACK, WHITE)
    costs = estimate_colour_costs(build_colour_cells(frames, CPU), *build_weights())
    expected = np.log((smooth_corner() + UNSEEN) / UNSEEN)
    torch.testing.assert_close(costs[:, :, :15], torch.full((2, 20, 15), -expected), atol=1e-3, rtol=0)
    torch.testing.assert_close(costs[:, :, 25:], torch.full((2, 20, 15), expected), atol=1e-3, rtol=0)


def test_a_colour_that_both_sides_have_in_equal_shares_costs_nothing() -> None:
    frames = build_halves((120, 120, 120), (120, 120, 120))
    costs = estimate_colour_costs(build_colour_cells(frames, CPU), *build_weights())
    torch.testing.assert_close(costs, torch.zeros(2, 20, 40), atol=1e-5, rtol=0)


def test_a_colour_that_is_three_times_as_frequent_on_one_side_costs_log_3() -> None:
    """Black has three quarters of the object's weight and one quarter of the background's."""
    frames = build_halves(BLACK, WHITE)
    left, right = build_weights()
    costs = estimate_colour_costs(build_colour_cells(frames, CPU), 0.75 * left + 0.25 * right, 0.25 * left + 0.75 * right)
    torch.testing.assert_close(costs[:, :, :15], torch.full((2, 20, 15), -np.log(3)), atol=0.01, rtol=0)
    torch.testing.assert_close(costs[:, :, 25:], torch.full((2, 20, 15), np.log(3)), atol=0.01, rtol=0)


@pytest.mark.parametrize("is_left_empty", [True, False])
def test_colours_say_nothing_where_one_side_is_empty(is_left_empty: bool) -> None:
    weights = list(build_weights())
    weights[0 if is_left_empty else 1].zero_()
    cells = build_colour_cells(build_halves(BLACK, WHITE), CPU)
    assert not estimate_colour_costs(cells, *weights).any()


def test_frames_share_one_model() -> None:
    """The object is marked in the first frame alone and known by its colour in the second."""
    left, right = build_weights()
    left[1], right[1] = 0, 0
    cells = build_colour_cells(build_halves(BLACK, WHITE), CPU)
    costs = estimate_colour_costs(cells, left, right)
    assert costs[1, :, :15].max() < -3
    assert costs[1, :, 25:].min() > 3


def test_levels_that_nearly_agree_are_no_colours() -> None:
    """The two greys are the lowest and highest of the clip, yet two cells apart and not 23, since 24 levels are spanned."""
    near, far = (
        estimate_colour_costs(build_colour_cells(build_halves((100,) * 3, grey), CPU), *build_weights())
        for grey in ((102,) * 3, (160,) * 3)
    )
    assert near.abs().max() < 0.5 * far.abs().max()
