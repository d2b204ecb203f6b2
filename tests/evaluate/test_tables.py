from dataclasses import replace
from pathlib import Path

import pytest

from ike_ray.evaluate.benchmark import Benchmark, build_comparison
from ike_ray.evaluate.published import list_published
from ike_ray.evaluate.tables import build_comparison_table, build_sequence_table
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


@pytest.fixture
def two_systems(tmp_path: Path) -> Benchmark:
    """Two systems: `good` has J 1 and 1/2, `poor` 1/2 and 0."""
    sequences = [write_sequence(tmp_path, name, [FULL]) for name in "ab"]
    for folder, masks in (("good", (FULL, HALF)), ("poor", (HALF, None))):
        for name, mask in zip("ab", masks, strict=True):
            write_masks(tmp_path / folder, name, [mask])
    return build_benchmark(sequences)


def test_one_row_a_system_and_its_difference_to_the_first(two_systems: Benchmark, tmp_path: Path) -> None:
    evaluations = [build_evaluation(tmp_path / name, two_systems, name) for name in ("good", "poor")]
    table = build_comparison_table(build_comparison(evaluations))
    assert table.columns[:4] == ("system", "human labels", "J, sequence mean", "F, sequence mean")
    assert table.columns[4:] == ("J, frame mean", "F, frame mean", "remark")
    (systems, differences, published) = table.sections
    assert systems[0][:3] == ("good", "unknown", "0.750 [0.500, 1.000]")
    assert systems[1][:3] == ("poor", "unknown", "0.250 [0.000, 0.500]")
    assert systems[0][4] == "0.750"  # an interval of the official average is enough
    assert differences[0][:3] == ("poor minus good", "", "-0.500 [-0.500, -0.500]")
    assert published[0][0] == "published, of val:"
    assert ("CIS", "none", "0.703", "0.668", "", "", "") in published
    assert len(published) == 1 + len(list_published("davis2016"))
    assert "over 2 sequences" in table.notes[0]
    assert table.notes[-1] == "poor: 1 of 2 frames have no mask and count as empty."


def test_a_system_that_is_the_same_differs_by_nothing(two_systems: Benchmark, tmp_path: Path) -> None:
    comparison = build_comparison([build_evaluation(tmp_path / "good", two_systems, name) for name in ("one", "two")])
    (gaps,) = comparison.gaps
    assert {gap.value for gap in gaps.values()} == {0}
    interval = gaps["sequences", "j", "mean"].interval
    assert interval is not None
    assert (interval.low, interval.high) == (0, 0)


def test_figures_of_another_split_are_marked(two_systems: Benchmark, tmp_path: Path) -> None:
    evaluation = build_evaluation(tmp_path / "good", replace(two_systems, split="train"))
    table = build_comparison_table(build_comparison([evaluation]))
    assert table.sections[1][0][0] == "published, of val, not of train:"


def test_a_dataset_without_figures_has_no_section_for_them(two_systems: Benchmark, tmp_path: Path) -> None:
    evaluation = build_evaluation(tmp_path / "good", replace(two_systems, dataset="davsod"))
    assert len(build_comparison_table(build_comparison([evaluation])).sections) == 1
