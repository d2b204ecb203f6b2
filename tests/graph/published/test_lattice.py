import torch

from ike_ray.graph.published.lattice import build_cells, collect, num_cells, spread


def test_a_cell_holds_the_sum_of_floor_and_ceil() -> None:
    values = torch.tensor([[[1.0, 10.0], [100.0, 1000.0]]])
    lattice = spread(values)[0]
    inside = [[0.5, 0.5], [0.0, 0.0], [0.3, 0.0], [1.0, 0.7]]
    at_the_edge = [[-0.2, 0.5], [1.9, 1.9], [-1.0, 0.0], [0.0, 2.0]]
    positions = torch.tensor(inside + at_the_edge)
    expected = torch.tensor([1111.0, 4.0, 22.0, 2020.0, 101.0, 1000.0, 0.0, 0.0])
    torch.testing.assert_close(lattice[build_cells(positions, 2, 2).long()], expected)


def test_far_outside_is_the_last_cell() -> None:
    far = torch.tensor([[1e12, 0.0], [0.0, -1e12], [-1.5, 0.0], [0.0, 2.5]])
    assert (build_cells(far, 2, 2) == num_cells(2, 2) - 1).all()


def test_collect_is_the_transpose_of_spread() -> None:
    values, cells = torch.rand(2, 3, 4), torch.rand(2, num_cells(3, 4))
    torch.testing.assert_close((spread(values) * cells).sum(), (values * collect(cells, 3, 4)).sum())
