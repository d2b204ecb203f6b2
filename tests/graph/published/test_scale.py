import torch

from ike_ray.graph.published.scale import scale_frames_to_range, scale_to_range


def test_range() -> None:
    values = torch.tensor([[2.0, 4.0], [1.0, 3.0]])
    torch.testing.assert_close(scale_to_range(values), torch.tensor([[1 / 3, 1.0], [0.0, 2 / 3]]))
    torch.testing.assert_close(scale_frames_to_range(values), torch.tensor([[0.0, 1.0], [0.0, 1.0]]))


def test_constant_maps_are_defined() -> None:
    constant = torch.full((2, 3), 0.7)
    assert not scale_to_range(constant).any()
    assert not scale_frames_to_range(constant).any()
