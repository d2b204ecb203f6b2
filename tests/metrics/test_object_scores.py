import numpy as np
import pytest

from ike_ray.metrics.object_scores import evaluate_objects


def build_truth() -> np.ndarray:
    """Objects 1 and 2 side by side in three frames."""
    truth = np.zeros((3, 20, 40), np.uint8)
    truth[:, 4:16, 4:16], truth[:, 4:16, 24:36] = 1, 2
    return truth


def test_the_names_of_proposals_do_not_matter() -> None:
    truth = build_truth()
    proposals = np.choose(truth, [0, 9, 4]).astype(np.uint8)
    scores = evaluate_objects(proposals, truth)
    assert [(entry.number, entry.proposal, entry.j, entry.f) for entry in scores] == [(1, 9, 1, 1), (2, 4, 1, 1)]


def test_one_proposal_counts_for_one_object() -> None:
    truth = build_truth()
    scores = evaluate_objects((truth > 0).astype(np.uint8), truth)
    assert sorted(entry.j for entry in scores) == [0, 0.5]
    assert {entry.proposal for entry in scores} == {None, 1}


def test_the_best_assignment_is_for_the_whole_video() -> None:
    """Two numbers change places after the first of three frames. They are matched as they lie in the other two."""
    truth = build_truth()
    proposals = truth.copy()
    proposals[0] = np.choose(truth[0], [0, 2, 1])
    scores = evaluate_objects(proposals, truth)
    assert [entry.proposal for entry in scores] == [1, 2]
    assert [entry.j for entry in scores] == pytest.approx([2 / 3, 2 / 3])


def test_void_counts_for_nobody() -> None:
    truth = build_truth()
    truth[:, :4, :] = 255
    proposals = truth.copy()
    proposals[:, :4, :] = 1
    assert [entry.j for entry in evaluate_objects(proposals, truth)] == [1, 1]


def test_objects_are_those_of_the_first_frame() -> None:
    truth = build_truth()
    truth[0][truth[0] == 2] = 0
    assert [entry.number for entry in evaluate_objects(truth, truth)] == [1]
    assert evaluate_objects(truth, np.zeros_like(truth)) == ()


def test_only_twenty_proposals_count() -> None:
    truth = build_truth()
    proposals = np.where(truth == 2, 1, 0).astype(np.uint8)
    proposals[:, 0, :20] = np.arange(1, 21)
    proposals[truth == 1] = 40
    scores = {entry.number: entry for entry in evaluate_objects(proposals, truth)}
    assert scores[1].j == 0
    assert scores[2].j > 0.9


def test_nothing_found_scores_nothing() -> None:
    truth = build_truth()
    scores = evaluate_objects(np.zeros_like(truth), truth)
    assert [(entry.proposal, entry.j, entry.f) for entry in scores] == [(None, 0, 0)] * 2
