import numpy as np
import pytest
import torch

from ike_ray.config import GraphConfig
from ike_ray.graph.build import build_graph
from tests.reference.dense_graph import build_dense_graph

CONFIG = GraphConfig(reach_frames=3, motion_reach_frames=2, sigma_frames=2.0)


def draw_flow(rng: np.random.Generator, num_steps: int, scale: float) -> tuple[torch.Tensor, torch.Tensor]:
    shape = (num_steps, 5, 7, 2)
    return tuple(torch.from_numpy(rng.normal(0, scale, shape).astype(np.float32)) for _ in range(2))


@pytest.mark.parametrize("scale", [0.0, 0.4, 3.0, 50.0])
def test_it_multiplies_like_the_dense_matrix(rng: np.random.Generator, scale: float) -> None:
    """Still, slow, fast and out of the image: the same product as the matrix built link by link."""
    forward, backward = draw_flow(rng, 4, scale)
    dense = build_dense_graph(forward.numpy(), backward.numpy(), 3, 2.0)
    values = torch.rand(5, 5, 7)
    ours = build_graph(forward, backward, CONFIG).propagate(values)
    np.testing.assert_allclose(ours.numpy().ravel(), dense @ values.numpy().ravel(), rtol=2e-6)


def test_whole_pixels_are_linked_twice(rng: np.random.Generator) -> None:
    """Flow in whole pixels: floor and ceil coincide in both axes, so every link counts four times."""
    forward = torch.ones(1, 4, 4, 2)
    graph = build_graph(forward, -forward, GraphConfig(reach_frames=1, motion_reach_frames=1, sigma_frames=1.0))
    only = torch.zeros(2, 4, 4)
    only[0, 1, 1] = 1
    expected = only.clone()
    expected[1, 2, 2] = 2 * 4 * np.exp(-0.5)  # once as W, once as W^T
    torch.testing.assert_close(graph.propagate(only), expected)


def test_it_is_symmetric(rng: np.random.Generator) -> None:
    graph = build_graph(*draw_flow(rng, 6, 1.5), CONFIG)
    a, b = torch.rand(2, 7, 5, 7, dtype=torch.float32)
    torch.testing.assert_close((a * graph.propagate(b)).sum(), (graph.propagate(a) * b).sum())


def test_one_frame_has_only_itself() -> None:
    nothing = torch.zeros(0, 5, 7, 2)
    values = torch.rand(1, 5, 7)
    torch.testing.assert_close(build_graph(nothing, nothing, CONFIG).propagate(values), values)
