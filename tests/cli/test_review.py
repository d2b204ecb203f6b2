"""`ike-ray review` and `status` in this process: what they write, print and refuse."""

import json
from pathlib import Path

import pytest

from ike_ray.cli.app import main
from ike_ray.run.lease import hold_run
from ike_ray.run.reviews import list_accepted
from tests.drawn_review import add_verdicts, build_review, write_review
from tests.drawn_run import DrawnRun


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    return int(caught.value.code or 0)


def read_words(capsys: pytest.CaptureFixture[str]) -> str:
    said = capsys.readouterr()
    return " ".join((said.out + said.err).replace("│", " ").split())


def test_a_review_is_merged_and_the_table_is_shown(
    drawn_run: DrawnRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    uri = drawn_run.run.uri
    file = write_review(tmp_path / "a.json", drawn_run.run, {"bear": "accepted", "dog.mp4": ["leaks", "part missing"]})
    assert run("review", uri, file) == 0
    said = read_words(capsys)
    assert "a.json has 2 verdicts. 2 of them were new to" in said
    assert "0.7 to 0.8 3 2 1 0.50 0.09 to 0.91" in said  # all drawn videos have the confidence 0.75
    assert "Rejected for: part missing 1, leaks 1." in said
    assert f"ike-ray export {uri} --to coco --out accepted.json --reviewed" in said
    later = write_review(tmp_path / "b.json", drawn_run.run, {"bear": ["flickers"], "sub/cat.mp4": "accepted"}, minute=1)
    assert run("review", uri, later) == 0
    assert run("review", uri, file) == 0
    assert "a.json has 2 verdicts. 0 of them were new to" in read_words(capsys)
    assert list_accepted(drawn_run.run) == {"sub/cat.mp4"}


def test_without_a_file_nothing_is_written(drawn_run: DrawnRun, capsys: pytest.CaptureFixture[str]) -> None:
    uri = drawn_run.run.uri
    assert run("review", uri) == 0
    said = read_words(capsys)
    assert "all 3 0 0" in said
    assert f"Nobody has reviewed {uri} yet. Next: ike-ray report {uri}" in said
    assert not (Path(uri) / "reviews.parquet").exists()
    add_verdicts(drawn_run.run, {"bear": ["leaks"]})
    before = (Path(uri) / "reviews.parquet").stat().st_mtime_ns
    assert run("review", uri) == 0
    said = read_words(capsys)
    assert "all 3 1 0 0.00 0.00 to 0.79" in said
    assert "--reviewed" not in said  # nothing is accepted
    assert (Path(uri) / "reviews.parquet").stat().st_mtime_ns == before


def test_status_counts_verdicts(drawn_run: DrawnRun, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("status", drawn_run.run.uri) == 0
    assert "reviewed" not in read_words(capsys)
    add_verdicts(drawn_run.run, {"bear": "accepted", "dog.mp4": ["leaks"], "sub/cat.mp4": "accepted"})
    assert run("status", drawn_run.run.uri) == 0
    assert "3 videos reviewed: 2 accepted, 1 rejected. By confidence: ike-ray review" in read_words(capsys)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("{", "review.json: expected JSON, found otherwise"),
        ({"config_digest": "0" * 12}, "found one of 000000000000, from a run called 'run'"),
        ({"reviews": [{"video_id": "bear"}]}, "review.json, reviews[0]: expected an object with video_id, finished"),
    ],
)
def test_a_file_that_is_refused_leaves_the_run_as_it_was(
    drawn_run: DrawnRun, tmp_path: Path, change: str | dict, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    add_verdicts(drawn_run.run, {"bear": "accepted"})
    values = build_review(drawn_run.run, {"dog.mp4": "accepted"}, minute=1)
    text = change if isinstance(change, str) else json.dumps(values | change)
    (tmp_path / "review.json").write_text(text)
    assert run("review", drawn_run.run.uri, tmp_path / "review.json") == 1
    said = read_words(capsys)
    assert message in said
    assert "Nothing was written" in said
    assert "Traceback" not in said
    assert list_accepted(drawn_run.run) == {"bear"}


def test_errors_are_sentences(drawn_run: DrawnRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("review", "/missing") == 1
    assert "not a run folder" in read_words(capsys)
    assert run("review", drawn_run.run.uri, tmp_path / "none.json") == 1
    assert "none.json" in read_words(capsys)
    file = write_review(tmp_path / "a.json", drawn_run.run, {"bear": "accepted"})
    with hold_run(drawn_run.run, patience_s=0.0, upkeep=lambda: None, upkeep_every_s=1000.0):
        assert run("review", drawn_run.run.uri, file) == 2
    assert "is being worked on by process" in read_words(capsys)


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("review", "--help") == 0
    said = read_words(capsys)
    for words in ("accept each with the key A", "samples.only_accepted=true", "It is never a label of pixels"):
        assert words in said
