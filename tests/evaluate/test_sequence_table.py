from dataclasses import replace
from pathlib import Path

import pytest

from ike_ray.evaluate.benchmark import Benchmark
from ike_ray.evaluate.sequence_table import build_sequence_table
from tests.evaluate.drawn import build_benchmark, build_evaluation, draw_row, write_masks, write_sequence

FULL, HALF = draw_row(255, 255, 0, 0), draw_row(255, 0, 0, 0)


@pytest.fixture
def benchmark(tmp_path: Path) -> Benchmark:
    sequences = [write_sequence(tmp_path, "a", [FULL] * 2), write_sequence(tmp_path, "b", [FULL])]
    write_masks(tmp_path / "mine", "a", [FULL, None])
    write_masks(tmp_path / "mine", "b", [HALF])
    return build_benchmark(sequences)


def test_sequences_and_both_averages(benchmark: Benchmark, tmp_path: Path) -> None:
    table = build_sequence_table(build_evaluation(tmp_path / "mine", benchmark))
    assert table.columns == ("sequence", "frames", "J", "J recall", "J decay", "F", "F recall", "F decay")
    assert table.title == "davis2016 val: mine"
    (sequences, averages) = table.sections
    assert [row[:5] for row in sequences] == [
        ("a (1 missing)", "2", "0.500", "0.500", "1.000"),
        ("b", "1", "0.500", "0.000", "0.000"),
    ]
    assert [row[:5] for row in averages] == [
        ("sequence mean", "3", "0.500", "0.250", "0.500"),
        ("frame mean", "3", "0.500", "0.333", ""),
    ]
    assert table.notes == ("mine: 1 of 3 frames have no mask and count as empty.",)


def test_what_was_merged_left_out_or_failed_is_said(benchmark: Benchmark, tmp_path: Path) -> None:
    evaluation = build_evaluation(tmp_path / "mine", replace(benchmark, merged=("a",)))
    failed = replace(evaluation.scores.sequences[0], failure="failed: no memory", num_missing=0)
    scores = replace(evaluation.scores, sequences=(failed, evaluation.scores.sequences[1]), left_out=("c", "d"))
    assert build_sequence_table(replace(evaluation, scores=scores)).notes == (
        "a was scored as empty masks: failed: no memory",
        "Several objects in the truth, merged into one foreground: a.",
        "Left out, since their truth shows nothing to find: c, d.",
    )


def test_classes_have_rows(tmp_path: Path) -> None:
    sequences = [write_sequence(tmp_path, name, [FULL], class_name=name) for name in ("cat", "dog")]
    write_masks(tmp_path / "mine", "cat", [FULL])
    write_masks(tmp_path / "mine", "dog", [HALF])
    table = build_sequence_table(build_evaluation(tmp_path / "mine", build_benchmark(sequences, protocol="classes")))
    assert table.sections[1] == (("class cat", "1", "1.000"), ("class dog", "1", "0.500"))
    assert [row[0] for row in table.sections[2]] == ["class mean", "sequence mean", "frame mean"]


def test_of_many_the_lowest_are_shown(tmp_path: Path) -> None:
    sequences = [write_sequence(tmp_path, f"s{number}", [FULL]) for number in range(70)]
    for number in range(70):
        write_masks(tmp_path / "mine", f"s{number}", [HALF if number in (33, 66) else FULL])
    table = build_sequence_table(build_evaluation(tmp_path / "mine", build_benchmark(sequences)))
    assert [row[0] for row in table.sections[0]][:2] == ["s33", "s66"]
    assert len(table.sections[0]) == 20
    assert table.notes[0] == "Shown: the 20 lowest of 70."
