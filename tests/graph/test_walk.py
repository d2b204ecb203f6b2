import numpy as np
import pytest
import torch

from ike_ray.graph.walk import build_chain_walk
from tests.reference.slow_walk import average_slowly

DECAY_FRAMES = 2.0


def draw_flow(rng: np.random.Generator, num_steps: int, scale: float) -> tuple[torch.Tensor, torch.Tensor]:
    return tuple(torch.from_numpy(rng.normal(0, scale, (num_steps, 5, 7, 2)).astype(np.float32)) for _ in range(2))


@pytest.mark.parametrize("scale", [0.0, 0.4, 3.0])
@pytest.mark.parametrize("num_steps", [1, 2, 5])
def test_it_averages_like_the_slow_way(rng: np.random.Generator, scale: float, num_steps: int) -> None:
    walk = build_chain_walk(*draw_flow(rng, num_steps, scale), DECAY_FRAMES)
    maps = rng.random((2, num_steps + 1, 5, 7), dtype=np.float32)
    ours = walk.average(torch.from_numpy(maps))
    for own, values in zip(ours, maps, strict=True):
        expected = average_slowly(values, walk.forward.numpy(), walk.backward.numpy(), DECAY_FRAMES)
        np.testing.assert_allclose(own.numpy(), expected, atol=2e-5)


def test_two_frames_by_hand() -> None:
    """Everything moves one pixel to the right: (s + exp(-1/2) s') / (1 + exp(-1/2)), and s alone where the chain leaves."""
    forward = torch.zeros(1, 3, 4, 2)
    forward[..., 0] = 1
    only = torch.zeros(1, 2, 3, 4)
    only[0, 1, 1, 2] = 1
    averaged = build_chain_walk(forward, -forward, DECAY_FRAMES).average(only)[0]
    weight = np.exp(-1 / 2)
    expected = torch.zeros(2, 3, 4)
    expected[0, 1, 1] = weight / (1 + weight)
    expected[1, 1, 2] = 1 / (1 + weight)
    torch.testing.assert_close(averaged, expected)
    at_the_edge = torch.zeros(1, 2, 3, 4)
    at_the_edge[0, 0, 1, 3] = 1
    assert build_chain_walk(forward, -forward, DECAY_FRAMES).average(at_the_edge)[0, 0, 1, 3] == 1


def test_a_constant_stays_and_no_value_leaves_the_range(rng: np.random.Generator) -> None:
    walk = build_chain_walk(*draw_flow(rng, 6, 1.5), DECAY_FRAMES)
    torch.testing.assert_close(walk.average(torch.full((1, 7, 5, 7), 0.3)), torch.full((1, 7, 5, 7), 0.3))
    averaged = walk.average(torch.rand(1, 7, 5, 7))
    assert averaged.min() >= 0
    assert averaged.max() <= 1


def test_flow_that_does_not_lead_back_is_not_followed() -> None:
    forward = torch.zeros(1, 8, 8, 2)
    backward = torch.full((1, 8, 8, 2), 5.0)
    values = torch.rand(1, 2, 8, 8)
    averaged = build_chain_walk(forward, backward, DECAY_FRAMES).average(values)
    torch.testing.assert_close(averaged[0, 0], values[0, 0], atol=0.02, rtol=0)


def test_one_frame_has_only_itself() -> None:
    nothing = torch.zeros(0, 5, 7, 2)
    values = torch.rand(1, 1, 5, 7)
    torch.testing.assert_close(build_chain_walk(nothing, nothing, DECAY_FRAMES).average(values), values)
