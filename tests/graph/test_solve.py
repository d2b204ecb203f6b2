import numpy as np
import pytest
import torch

from ike_ray.config import GraphConfig
from ike_ray.datasets.synthetic import DrawnClip
from ike_ray.graph.build import build_feature_projector, build_graph
from ike_ray.graph.seed_map import build_seed_map
from ike_ray.graph.solve import GraphSolution, solve_graph
from ike_ray.metrics.jaccard import evaluate_jaccard


def solve(forward: np.ndarray, backward: np.ndarray, config: GraphConfig) -> GraphSolution:
    flow = torch.from_numpy(forward), torch.from_numpy(backward)
    graph = build_graph(*flow, config)
    projector = build_feature_projector(*flow, None, config)
    shape = (len(forward) + 1, *forward.shape[1:3])
    seed = build_seed_map(shape, config, torch.Generator().manual_seed(0), torch.device("cpu"))
    return solve_graph(graph, projector, seed, config)


def backward_of(clip: DrawnClip) -> np.ndarray:
    """Exact backward flow: minus the speed of what is seen in the later frame."""
    speeds = clip.forward[0][clip.masks[0]][0], clip.forward[0][~clip.masks[0]][0]
    return np.stack([-np.where(mask[..., None], *speeds) for mask in clip.masks[1:]]).astype(np.float32)


def test_it_finds_what_moves_on_its_own(drawn_clip: DrawnClip) -> None:
    solution = solve(drawn_clip.forward, backward_of(drawn_clip), GraphConfig())
    masks = (solution.soft_masks > 0.5).numpy()
    assert evaluate_jaccard(masks, drawn_clip.masks).mean() > 0.8


def test_the_seed_hardly_matters(drawn_clip: DrawnClip) -> None:
    backward = backward_of(drawn_clip)
    answers = [
        solve(drawn_clip.forward, backward, GraphConfig(seed_map=kind)).soft_masks
        for kind in ("gaussian", "uniform", "random")
    ]
    for other in answers[1:]:
        assert (answers[0] - other).abs().max() < 0.02


def test_movements_fall_and_end_the_iteration(drawn_clip: DrawnClip) -> None:
    config = GraphConfig(max_iterations=50, tolerance=1e-4)
    solution = solve(drawn_clip.forward, backward_of(drawn_clip), config)
    assert solution.is_converged
    assert len(solution.movements) < 50
    assert solution.movements[-1] < 1e-4 < solution.movements[0]


def test_the_limit_is_a_status(drawn_clip: DrawnClip) -> None:
    solution = solve(drawn_clip.forward, backward_of(drawn_clip), GraphConfig(max_iterations=2))
    assert not solution.is_converged
    assert len(solution.movements) == 2


@pytest.mark.parametrize("num_frames", [1, 2, 5])
def test_without_motion_there_is_no_object(num_frames: int) -> None:
    still = np.zeros((num_frames - 1, 32, 48, 2), np.float32)
    assert not solve(still, still, GraphConfig()).soft_masks.any()
