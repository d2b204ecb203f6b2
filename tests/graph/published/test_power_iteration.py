import ast
from pathlib import Path

import numpy as np
import pytest
import torch

import ike_ray
from ike_ray.config import PublishedGraphConfig
from ike_ray.datasets.synthetic import DrawnClip
from ike_ray.graph.published.power_iteration import PublishedGraph
from ike_ray.graph.solve import GraphSolution
from ike_ray.metrics.jaccard import evaluate_jaccard


def solve(
    forward: np.ndarray, backward: np.ndarray, config: PublishedGraphConfig, cue: np.ndarray | None = None
) -> GraphSolution:
    graph = PublishedGraph(torch.from_numpy(forward), torch.from_numpy(backward), config, torch.Generator().manual_seed(0))
    return graph.solve(None if cue is None else torch.from_numpy(cue))


def backward_of(clip: DrawnClip) -> np.ndarray:
    """Exact backward flow: minus the speed of what is seen in the later frame."""
    speeds = clip.forward[0][clip.masks[0]][0], clip.forward[0][~clip.masks[0]][0]
    return np.stack([-np.where(mask[..., None], *speeds) for mask in clip.masks[1:]]).astype(np.float32)


def test_it_finds_what_moves_on_its_own(drawn_clip: DrawnClip) -> None:
    solution = solve(drawn_clip.forward, backward_of(drawn_clip), PublishedGraphConfig())
    masks = (solution.soft_masks > 0.5).numpy()
    assert evaluate_jaccard(masks, drawn_clip.masks).mean() > 0.8


def test_the_seed_hardly_matters(drawn_clip: DrawnClip) -> None:
    backward = backward_of(drawn_clip)
    answers = [
        solve(drawn_clip.forward, backward, PublishedGraphConfig(seed_map=kind)).soft_masks
        for kind in ("gaussian", "uniform", "random")
    ]
    for other in answers[1:]:
        assert (answers[0] - other).abs().max() < 0.02


def test_movements_fall_and_end_the_iteration(drawn_clip: DrawnClip) -> None:
    config = PublishedGraphConfig(max_iterations=50, tolerance=1e-4)
    solution = solve(drawn_clip.forward, backward_of(drawn_clip), config)
    assert solution.is_converged
    assert len(solution.movements) < 50
    assert solution.movements[-1] < 1e-4 < solution.movements[0]


def test_the_limit_is_a_status(drawn_clip: DrawnClip) -> None:
    solution = solve(drawn_clip.forward, backward_of(drawn_clip), PublishedGraphConfig(max_iterations=2))
    assert not solution.is_converged
    assert len(solution.movements) == 2


def test_a_cue_is_seen_where_motion_shows_nothing() -> None:
    still = np.zeros((3, 32, 48, 2), np.float32)
    cue = np.zeros((4, 32, 48), np.float32)
    cue[:, 8:20, 10:30] = 1
    found = solve(still, still, PublishedGraphConfig(), cue).soft_masks.numpy()
    assert evaluate_jaccard(found > 0.5, cue > 0.5).mean() > 0.9


def test_each_cue_is_asked_by_itself(drawn_clip: DrawnClip) -> None:
    """The graph and its seed are built once, and no answer depends on the one before."""
    flow = torch.from_numpy(drawn_clip.forward), torch.from_numpy(backward_of(drawn_clip))
    graph = PublishedGraph(*flow, PublishedGraphConfig(seed_map="random"), torch.Generator().manual_seed(0))
    first = graph.solve(None).soft_masks.clone()
    graph.solve(torch.from_numpy(drawn_clip.masks.astype(np.float32)))
    torch.testing.assert_close(graph.solve(None).soft_masks, first, rtol=0, atol=0)


@pytest.mark.parametrize("num_frames", [1, 2, 5])
def test_without_motion_there_is_no_object(num_frames: int) -> None:
    still = np.zeros((num_frames - 1, 32, 48, 2), np.float32)
    assert not solve(still, still, PublishedGraphConfig()).soft_masks.any()


def test_the_rest_of_the_program_comes_through_this_door_alone() -> None:
    root = Path(ike_ray.__file__).parent
    modules = [path for path in root.rglob("*.py") if root / "graph" / "published" not in path.parents]
    nodes = [node for path in modules for node in ast.walk(ast.parse(path.read_text()))]
    imported = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    doors = {name for name in imported if name.startswith("ike_ray.graph.published")}
    assert doors == {"ike_ray.graph.published.power_iteration"}
