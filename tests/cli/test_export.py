import json
from pathlib import Path

import pytest

from ike_ray.cli.app import main
from ike_ray.config import Config
from ike_ray.run.description import create_run
from tests.drawn_review import add_verdicts
from tests.drawn_run import DrawnRun


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    return int(caught.value.code or 0)


def test_it_tells_what_it_wrote_and_what_has_no_masks(
    drawn_run: DrawnRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("export", drawn_run.run.uri, "--to", "davis", "--out", tmp_path / "out") == 0
    said = capsys.readouterr().out
    assert f"Wrote 3 videos as davis to {tmp_path}/out." in said
    assert "Not in it, since they have no masks: 1 failed." in said
    assert len(list((tmp_path / "out").rglob("*.png"))) == 10


def test_some_videos_are_chosen_by_a_pattern(drawn_run: DrawnRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("export", drawn_run.run.uri, "--to", "coco", "--out", tmp_path / "a.json", "--videos", "*.mp4") == 0
    assert len(json.loads((tmp_path / "a.json").read_text())["videos"]) == 2
    assert run("export", drawn_run.run.uri, "--to", "coco", "--out", tmp_path / "b.json", "--videos", "cow*") == 2
    error = " ".join(capsys.readouterr().err.split())
    assert "with masks matches 'cow*'. Their ids are bear, sub/cat.mp4, dog.mp4" in error


def test_videos_that_moved_are_found(drawn_run: DrawnRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "videos").rename(tmp_path / "elsewhere")
    out = tmp_path / "out"
    assert run("export", drawn_run.run.uri, "--to", "mp4", "--out", out) == 1
    said = capsys.readouterr()
    assert "3 videos could not be exported" in said.out
    assert "the video bear has gone: expected it at" in said.err
    assert run("export", drawn_run.run.uri, "--to", "mp4", "--out", out, "--input", tmp_path / "elsewhere") == 0
    assert len(list(out.rglob("*.mp4"))) == 3


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["export", "/missing", "--to", "png", "--out", "OUT"], 1, "not a run folder"),
        (["export", "RUN", "--to", "png", "--out", "RUN"], 2, "expected a new or empty folder"),
        (["export", "EMPTY", "--to", "png", "--out", "OUT"], 1, "has no video with masks: expected some that are ok"),
        (["export", "RUN", "--to", "xml", "--out", "OUT"], 2, "'xml' is not one of"),
    ],
)
def test_errors_are_sentences(
    arguments: list[str], code: int, message: str, drawn_run: DrawnRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    create_run(f"{tmp_path}/empty", Config(), "videos", [])
    places = {"RUN": drawn_run.run.uri, "OUT": f"{tmp_path}/out", "EMPTY": f"{tmp_path}/empty"}
    assert run(*(places.get(argument, argument) for argument in arguments)) == code
    error = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert message in error
    assert "Traceback" not in error
    assert not (tmp_path / "out").exists()


def test_of_a_reviewed_run_only_what_a_person_accepted_leaves_it(
    drawn_run: DrawnRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    uri, out = drawn_run.run.uri, tmp_path / "out"
    assert run("export", uri, "--to", "png", "--out", out, "--reviewed") == 1
    assert "expected some that a person accepted, found none accepted and 0 rejected" in capsys.readouterr().err
    add_verdicts(drawn_run.run, {"bear": "accepted", "dog.mp4": ["leaks"], "sub/cat.mp4": "withdrawn"})
    assert run("export", uri, "--to", "png", "--out", out, "--reviewed") == 0
    assert "Wrote 1 videos as png" in capsys.readouterr().out
    assert {path.parent.name for path in out.rglob("*.png")} == {"bear"}
    assert run("export", uri, "--to", "png", "--out", out, "--reviewed") == 0  # continued
    capsys.readouterr()
    assert run("export", uri, "--to", "png", "--out", out) == 2
    assert "only: 1 videos that a person accepted" in capsys.readouterr().err
    assert run("export", uri, "--to", "png", "--out", tmp_path / "all", "--reviewed", "--videos", "dog*") == 2
    assert "that a person accepted matches 'dog*'. Their ids are bear" in " ".join(capsys.readouterr().err.split())
    add_verdicts(drawn_run.run, {"bear": ["flickers"], "dog.mp4": "accepted"}, minute=1)
    assert run("export", uri, "--to", "png", "--out", out, "--reviewed") == 2  # bear would stay in it
    assert "holds another export" in capsys.readouterr().err
    assert run("export", uri, "--to", "coco", "--out", tmp_path / "a.json", "--reviewed") == 0
    assert [video["name"] for video in json.loads((tmp_path / "a.json").read_text())["videos"]] == ["dog.mp4"]
