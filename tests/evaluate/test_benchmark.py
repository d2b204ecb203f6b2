from pathlib import Path

import cv2
import numpy as np
import pytest

from ike_ray.datasets.open import list_sequences
from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.datasets.synthetic import SPLIT, write_drawn_dataset
from ike_ray.errors import InputError
from ike_ray.evaluate.benchmark import evaluate_predictions, open_benchmark
from ike_ray.evaluate.predictions import open_predictions
from ike_ray.evaluate.scores import DatasetScores
from tests.datasets.drawn import LEFT, TOP, write_image, write_mask, write_text


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


def evaluate(folder: str, sequences: list[AnnotatedSequence]) -> DatasetScores:
    return evaluate_predictions(open_predictions(folder), sequences, "regions")


def find(scores: DatasetScores, *key: str) -> float:
    average = scores.find_average(*key)  # type: ignore[arg-type]
    assert average is not None
    return average.value


def test_the_truth_scores_one(root: Path, sequences: list[AnnotatedSequence], tmp_path: Path) -> None:
    scores = evaluate(copy_masks(root, tmp_path, {}), sequences)
    assert [find(scores, "sequences", "j"), find(scores, "frames", "j"), find(scores, "sequences", "f")] == [1, 1, 1]
    assert (find(scores, "sequences", "j", "recall"), find(scores, "sequences", "j", "decay")) == (1, 0)


def test_missing_counts_as_empty_and_ends_do_not_count(
    root: Path, sequences: list[AnnotatedSequence], tmp_path: Path
) -> None:
    folder = copy_masks(root, tmp_path, {"ellipse-0/00000": None, "ellipse-0/00002": None})
    scores = evaluate(folder, sequences)
    first = scores.sequences[0]
    assert (first.num_missing, first.statistics["j", "mean"]) == (1, pytest.approx(2 / 3))
    assert find(scores, "sequences", "j") == pytest.approx((3 + 2 / 3) / 4)


def test_both_averages_differ_where_lengths_do(root: Path, sequences: list[AnnotatedSequence], tmp_path: Path) -> None:
    black = np.zeros((180, 320), np.uint8)
    folder = copy_masks(root, tmp_path, {"ellipse-0/00001": black})
    frames = sequences[1].scored_frames[:1]
    short = [sequences[0], AnnotatedSequence(name="ellipse-1", frames_uri=sequences[1].frames_uri, scored_frames=frames)]
    scores = evaluate(folder, short)
    assert find(scores, "sequences", "j") == pytest.approx((2 / 3 + 1) / 2)
    assert find(scores, "frames", "j") == pytest.approx(3 / 4)
    assert find(scores, "frames", "j", "recall") == pytest.approx(3 / 4)
    assert scores.num_frames == 4


def test_wrong_size_and_missing_sequence_are_told(root: Path, sequences: list[AnnotatedSequence], tmp_path: Path) -> None:
    folder = copy_masks(root, tmp_path, {"ellipse-0/00001": np.zeros((90, 160), np.uint8)})
    with pytest.raises(InputError, match="ellipse-0, frame 00001, has 90 x 160 pixels, the truth 180 x 320"):
        evaluate(folder, sequences)
    with pytest.raises(InputError, match="no masks of sequence 'bear'"):
        open_predictions(folder).list_masks("bear")
    with pytest.raises(InputError, match="there is no folder"):
        open_predictions(f"{tmp_path}/missing")


def test_a_folder_with_other_names_is_no_empty_system(root: Path, sequences: list[AnnotatedSequence], tmp_path: Path) -> None:
    for sequence in sequences:
        (tmp_path / sequence.name).mkdir()
        (tmp_path / sequence.name / "frame_1.png").write_bytes(b"")
    with pytest.raises(InputError, match="expected one of ellipse-0, frame 00001, for example, found none"):
        evaluate(str(tmp_path), sequences)


def test_a_sequence_without_a_scored_frame_is_told(sequences: list[AnnotatedSequence], tmp_path: Path) -> None:
    (tmp_path / "bear").mkdir()
    empty = AnnotatedSequence(name="bear", frames_uri="", scored_frames=())
    with pytest.raises(InputError, match="sequence bear has no frame that is scored"):
        evaluate(str(tmp_path), [empty])


def test_each_sequence_is_reported(root: Path, sequences: list[AnnotatedSequence], tmp_path: Path) -> None:
    names: list[str] = []
    predictions = open_predictions(copy_masks(root, tmp_path, {}))
    evaluate_predictions(predictions, sequences, "regions", report=lambda scores: names.append(scores.name))
    assert names == [sequence.name for sequence in sequences]


def test_davis_has_one_object(tmp_path: Path) -> None:
    write_drawn_dataset(str(tmp_path), num_frames=4)
    benchmark = open_benchmark("davis2016", str(tmp_path), SPLIT)
    assert (benchmark.protocol, benchmark.kind, benchmark.merged) == ("regions", "video", ())
    assert (benchmark.split, benchmark.usual_split, benchmark.num_frames) == (SPLIT, "val", 8)
    with pytest.raises(InputError, match=r"no split 'val'"):
        open_benchmark("davis2016", str(tmp_path))


def test_several_objects_are_merged_and_named(tmp_path: Path) -> None:
    """SegTrack v2, where a sequence with several objects has a folder for each."""
    write_text(tmp_path / "ImageSets" / "all.txt", "*bmx\n*girl\n")
    for sequence in ("bmx", "girl"):
        write_image(tmp_path / "JPEGImages" / sequence / "0001.png")
    write_mask(tmp_path / "GroundTruth" / "bmx" / "1" / "0001.png", LEFT)
    write_mask(tmp_path / "GroundTruth" / "bmx" / "2" / "0001.png", TOP)
    write_mask(tmp_path / "GroundTruth" / "girl" / "0001.png", TOP)
    benchmark = open_benchmark("segtrack_v2", str(tmp_path))
    assert benchmark.merged == ("bmx",)
    assert benchmark.sequences[0].scored_frames[0].read_mask().sum() == (LEFT | TOP).sum()
