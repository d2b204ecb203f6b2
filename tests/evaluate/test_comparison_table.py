from dataclasses import replace
from pathlib import Path

import pytest

from ike_ray.evaluate.benchmark import Benchmark
from ike_ray.evaluate.comparison import build_comparison
from ike_ray.evaluate.comparison_table import build_comparison_table
from ike_ray.evaluate.published import list_published
from tests.evaluate.drawn import build_benchmark, build_evaluation, draw_row, write_masks, write_sequence

FULL, HALF = draw_row(255, 255, 0, 0), draw_row(255, 0, 0, 0)


@pytest.fixture
def benchmark(tmp_path: Path) -> Benchmark:
    """Two systems: `good` has J 1 and 1/2, `poor` 1/2 and 0."""
    sequences = [write_sequence(tmp_path, name, [FULL]) for name in "ab"]
    for folder, masks in (("good", (FULL, HALF)), ("poor", (HALF, None))):
        for name, mask in zip("ab", masks, strict=True):
            write_masks(tmp_path / folder, name, [mask])
    return build_benchmark(sequences)


def test_one_row_a_system_and_its_difference_to_the_first(benchmark: Benchmark, tmp_path: Path) -> None:
    evaluations = [build_evaluation(tmp_path / name, benchmark, name) for name in ("good", "poor")]
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


def test_a_system_that_is_the_same_differs_by_nothing(benchmark: Benchmark, tmp_path: Path) -> None:
    comparison = build_comparison([build_evaluation(tmp_path / "good", benchmark, name) for name in ("one", "two")])
    (gaps,) = comparison.gaps
    assert {gap.value for gap in gaps.values()} == {0}
    interval = gaps["sequences", "j", "mean"].interval
    assert interval is not None
    assert (interval.low, interval.high) == (0, 0)


def test_figures_of_another_split_are_marked(benchmark: Benchmark, tmp_path: Path) -> None:
    evaluation = build_evaluation(tmp_path / "good", replace(benchmark, split="train"))
    table = build_comparison_table(build_comparison([evaluation]))
    assert table.sections[1][0][0] == "published, of val, not of train:"


def test_a_dataset_without_figures_has_no_section_for_them(benchmark: Benchmark, tmp_path: Path) -> None:
    evaluation = build_evaluation(tmp_path / "good", replace(benchmark, dataset="davsod"))
    assert len(build_comparison_table(build_comparison([evaluation])).sections) == 1
