import math

import torch

from ike_ray.flow.reliability import estimate_reliability, sample_field


def test_there_and_back_to_the_start_is_reliable() -> None:
    there = torch.tensor([1.5, -0.5]).expand(2, 12, 16, 2)
    torch.testing.assert_close(estimate_reliability(there, -there), torch.ones(2, 12, 16))


def test_it_falls_with_the_distance_from_the_start() -> None:
    """Still there, e pixels back: exp(-e^2 / (0.05 e^2 + 0.5))."""
    still = torch.zeros(1, 8, 8, 2)
    for distance in (0.5, 1.0, 4.0):
        back = torch.tensor([distance, 0.0]).expand(1, 8, 8, 2)
        expected = math.exp(-(distance**2) / (0.05 * distance**2 + 0.5))
        torch.testing.assert_close(estimate_reliability(still, back), torch.full((1, 8, 8), expected))


def test_the_way_back_is_read_where_the_way_there_leads() -> None:
    there = torch.zeros(1, 6, 10, 2)
    there[..., 0] = 4
    back = torch.zeros(1, 6, 10, 2)
    back[:, :, 5:, 0] = -4
    reliability = estimate_reliability(there, back)
    torch.testing.assert_close(reliability[:, :, 1:], torch.ones(1, 6, 9))
    assert reliability[:, :, 0].max() < 0.01  # leads to x = 4, from where nothing comes back


def test_no_step() -> None:
    assert estimate_reliability(torch.zeros(0, 4, 5, 2), torch.zeros(0, 4, 5, 2)).shape == (0, 4, 5)


def test_samples_lie_between_pixels_and_stop_at_the_border() -> None:
    values = torch.arange(6.0).reshape(1, 2, 3, 1)
    positions = torch.tensor([[[[0.5, 0.0], [1.0, 0.5], [2.0, 1.0]], [[-3.0, 0.0], [9.0, 9.0], [0.0, -2.0]]]])
    torch.testing.assert_close(sample_field(values, positions)[..., 0], torch.tensor([[[0.5, 2.5, 5.0], [0.0, 5.0, 0.0]]]))
