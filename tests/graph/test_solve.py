import pytest
import torch

from ike_ray.graph.solve import mix_cue, walk_graph
from ike_ray.graph.walk import ChainWalk, build_chain_walk


@pytest.fixture
def walk() -> ChainWalk:
    """Everything moves one pixel to the right."""
    forward = torch.zeros(3, 6, 8, 2)
    forward[..., 0] = 1
    return build_chain_walk(forward, -forward, 7.0)


def test_motion_is_averaged_twice_along_chains(walk: ChainWalk, generator: torch.Generator) -> None:
    cue = torch.rand(4, 6, 8, generator=generator)
    solution = walk_graph(walk, cue)
    once = walk.average(cue[None])
    torch.testing.assert_close(solution.soft_masks, walk.average(once)[0])
    assert len(solution.movements) == 2
    assert solution.movements[0] == pytest.approx((once[0] - cue).abs().mean().item())
    assert solution.is_converged


def test_a_constant_cue_stays(walk: ChainWalk) -> None:
    solution = walk_graph(walk, torch.full((4, 6, 8), 0.3))
    torch.testing.assert_close(solution.soft_masks, torch.full((4, 6, 8), 0.3))
    assert max(solution.movements) < 1e-6


def test_a_cue_counts_twice_as_much_as_motion(walk: ChainWalk) -> None:
    motion = walk_graph(walk, torch.zeros(4, 6, 8))
    mixed = mix_cue(motion, walk, torch.ones(4, 6, 8))
    torch.testing.assert_close(mixed.soft_masks, torch.full((4, 6, 8), 0.67))
    assert mixed.movements == motion.movements
