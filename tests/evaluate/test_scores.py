from pathlib import Path

import cv2
import numpy as np
import pytest

from ike_ray.datasets.open import list_sequences
from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.datasets.synthetic import SPLIT, write_drawn_dataset
from ike_ray.errors import InputError
from ike_ray.evaluate.predictions import open_predictions
from ike_ray.evaluate.scores import evaluate_predictions


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("davis")
    write_drawn_dataset(str(root), num_frames=5)
    return root


@pytest.fixture(scope="module")
def sequences(root: Path) -> list[AnnotatedSequence]:
    return list_sequences("davis2016", str(root), SPLIT)


def copy_masks(root: Path, folder: Path, changed: dict[str, np.ndarray | None]) -> str:
    """The truth as PNG masks, but for the files named: another mask, or none."""
    for path in (root / "Annotations" / "480p").rglob("*.png"):
        target = folder / path.parent.name / path.name
        target.parent.mkdir(exist_ok=True, parents=True)
        mask = changed.get(f"{path.parent.name}/{path.stem}", cv2.imread(str(path), cv2.IMREAD_UNCHANGED))
        if mask is not None:
            cv2.imwrite(str(target), mask)
    return str(folder)


def test_the_truth_scores_one(root: Path, sequences: list[AnnotatedSequence], tmp_path: Path) -> None:
    scores = evaluate_predictions(open_predictions(copy_masks(root, tmp_path, {})), sequences)
    assert (scores.sequence_mean_j.mean, scores.frame_mean_j, scores.sequence_mean_f.mean) == (1, 1, 1)
    assert (scores.sequence_mean_j.recall, scores.sequence_mean_j.decay) == (1, 0)


def test_missing_counts_as_empty_and_ends_do_not_count(
    root: Path, sequences: list[AnnotatedSequence], tmp_path: Path
) -> None:
    folder = copy_masks(root, tmp_path, {"ellipse-0/00000": None, "ellipse-0/00002": None})
    scores = evaluate_predictions(open_predictions(folder), sequences)
    first = scores.sequences[0]
    assert (first.num_missing, first.j.mean) == (1, pytest.approx(2 / 3))
    assert scores.sequence_mean_j.mean == pytest.approx((3 + 2 / 3) / 4)


def test_both_averages_differ_where_lengths_do(root: Path, sequences: list[AnnotatedSequence], tmp_path: Path) -> None:
    black = np.zeros((180, 320), np.uint8)
    folder = copy_masks(root, tmp_path, {"ellipse-0/00001": black})
    short = [sequences[0], AnnotatedSequence(name="ellipse-1", scored_frames=sequences[1].scored_frames[:1])]
    scores = evaluate_predictions(open_predictions(folder), short)
    assert scores.sequence_mean_j.mean == pytest.approx((2 / 3 + 1) / 2)
    assert scores.frame_mean_j == pytest.approx(3 / 4)


def test_wrong_size_and_missing_sequence_are_told(root: Path, sequences: list[AnnotatedSequence], tmp_path: Path) -> None:
    folder = copy_masks(root, tmp_path, {"ellipse-0/00001": np.zeros((90, 160), np.uint8)})
    with pytest.raises(InputError, match="ellipse-0, frame 00001, has 90 x 160 pixels, the truth 180 x 320"):
        evaluate_predictions(open_predictions(folder), sequences)
    with pytest.raises(InputError, match="no masks of sequence 'bear'"):
        open_predictions(folder).list_masks("bear")
    with pytest.raises(InputError, match="there is no folder"):
        open_predictions(f"{tmp_path}/missing")
