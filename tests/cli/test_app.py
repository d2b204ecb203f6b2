"""Commands in this process: what they print, what they leave, how they end."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from typer import Context

from ike_ray.cli.app import COMMANDS, load_command, main
from ike_ray.config import Config
from ike_ray.datasets.synthetic import SPLIT, write_drawn_dataset
from ike_ray.settings import config_values, read_config
from ike_ray.settings_file import list_shipped

SMALL = [
    *("--set", "video.working_size_px=[48, 80]", "--set", "network.num_steps=6", "--set", "graph.published.max_iterations=4"),
    *("--set", "output.strip_frames=2", "--set", "workers.num_workers=1"),
]


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    return int(caught.value.code or 0)


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
def test_from_videos_to_scores_and_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Draw, plan with a sample that the run keeps, segment, segment again, evaluate, report: a first hour."""
    drawn, out = tmp_path / "drawn", tmp_path / "run"
    assert run("draw", drawn, "--frames", "4") == 0
    plan = ("plan", drawn / "JPEGImages" / "480p", "--sample", "2", "--workers", "4", "--price", "2", "--out", out)
    assert run(*plan, *SMALL) == 0
    said = capsys.readouterr().out
    for word in ("worker hours", "hours with 4 workers", "GPU hours", "storage, GB", "cost at 2 a worker hour"):
        assert word in said
    assert "From 2 videos segmented here (0 failed) and 4 counted" in said
    assert run("status", out) == 0
    assert "4 videos asked, 2 done, 2 remaining" in capsys.readouterr().out
    (drawn / "JPEGImages" / "480p" / "broken.mp4").write_text("no video")
    assert run("segment", drawn / "JPEGImages" / "480p", "--out", out, *SMALL) == 0
    said = capsys.readouterr()
    assert "2 of 5 videos are done already" in said.out
    assert "broken.mp4: InputError: cannot read" in " ".join(said.err.split())
    assert f"ike-ray report {out}" in said.out
    assert run("segment", drawn / "JPEGImages" / "480p", "--out", out, *SMALL) == 0
    assert "5 of 5 videos are done already" in capsys.readouterr().out
    assert run("status", out) == 0
    said = capsys.readouterr().out
    assert "5 videos asked, 5 done, 0 remaining" in said
    assert "InputError" in said
    assert sorted(pd.read_parquet(out / "outcomes")["status"]) == ["failed"] + ["ok"] * 4
    assert run("evaluate", out, "--root", drawn, "--split", SPLIT) == 0
    assert "sequence mean" in capsys.readouterr().out
    summary = json.loads((out / "summary.json").read_text())
    assert len(pd.read_parquet(out / "metrics" / "sequences.parquet")) == 4
    frames = pd.read_parquet(out / "metrics" / "frames.parquet")
    assert np.isclose(frames["j"].mean(), summary["frame_mean"]["j"])
    assert run("report", out) == 0
    assert "davis2016 demo, protocol regions" in (out / "report.html").read_text()
    assert len(list((out / "truth").iterdir())) == 4
    assert run("segment", drawn / "JPEGImages" / "480p", "--out", out, *SMALL, "--set", "seed=1") == 2
    assert "seed: 0 -> 1" in capsys.readouterr().err


def test_a_folder_of_png_masks_is_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_drawn_dataset(str(tmp_path), num_frames=4)
    masks = tmp_path / "Annotations" / "480p"
    assert run("evaluate", masks, "--root", tmp_path, "--split", SPLIT) == 0
    assert "1.000" in capsys.readouterr().out
    assert not (masks / "summary.json").exists()
    assert run("evaluate", masks, "--root", tmp_path, "--split", SPLIT, "--out", tmp_path / "scores") == 0
    assert json.loads((tmp_path / "scores" / "summary.json").read_text())["sequence_mean"]["j"]["mean"] == 1


def test_settings_are_printed_as_a_file_that_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("settings", "--set", "graph.published.reach_frames=9") == 0
    text = capsys.readouterr().out
    assert read_config(text) == read_config("graph: {published: {reach_frames: 9}}")
    assert "Chains reach this many frames forward and backward." in text
    described = [line for line in text.splitlines() if line.strip().startswith("#")]
    num_settings = sum(len(section) for section in config_values(Config()).values() if isinstance(section, dict))
    assert len(described) > num_settings
    assert yaml.safe_load(text).keys() == config_values(Config()).keys()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["segment", "/missing", "--out", "RUN"], 2, "there is nothing at /missing: expected a video, a folder"),
        (["segment", "/missing", "--out", "RUN", "--set", "graph.x=1"], 2, "unknown setting graph.x"),
        (["segment", "/missing", "--out", "RUN", "--config", "/no.yaml"], 1, "cannot open /no.yaml: expected a file"),
        (["plan", str(Path(__file__).parent), "--gpu", "8"], 2, "settings for GPUs, such as --config gpu"),
        (["report", "/missing"], 1, "not a run folder"),
        (["evaluate", "/missing", "--root", "/missing"], 1, "The expected tree is"),
    ],
)
def test_errors_are_sentences(
    arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(*(str(tmp_path / "run") if argument == "RUN" else argument for argument in arguments)) == code
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
    assert not (tmp_path / "run").exists()


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (
        "segment",
        "spectral",
        "semantics",
        "plan",
        "status",
        "submit",
        "evaluate",
        "report",
        "export",
        "settings",
        "draw",
        "train-motion",
    ):
        assert run(command, "--help") == 0
    said = capsys.readouterr().out
    assert "manifest" in said
    assert "does only what is missing" in " ".join(said.replace("│", " ").split())
    assert run("--version") == 0
    assert "ike_ray 0." in capsys.readouterr().out


def test_each_command_is_where_its_name_says() -> None:
    for name in COMMANDS:
        assert load_command(name).name == name


def test_a_command_is_imported_when_it_is_called() -> None:
    """What lists and completes names answers at once: no command, nor what it needs, is imported for it."""
    code = "import sys; from ike_ray.cli.app import main; main(sys.argv[1:])"
    for arguments, environment in (
        (["--help"], {}),
        ([], {"_IKE_RAY_COMPLETE": "complete_bash", "COMP_WORDS": "ike-ray se", "COMP_CWORD": "1"}),
    ):
        watched = [sys.executable, "-X", "importtime", "-c", f"import sys; sys.argv[0] = 'ike-ray'; {code}", *arguments]
        done = subprocess.run(watched, env=os.environ | environment, capture_output=True, text=True, check=False)
        assert "segment" in done.stdout
        assert "ike_ray.cli.app" in done.stderr
        assert "numpy" not in done.stderr
        assert "ike_ray.cli.segment" not in done.stderr


def test_a_wrong_name_of_a_command_is_told_the_right_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("segmen") == 2
    assert "Did you mean 'segment'?" in capsys.readouterr().err


def test_names_of_settings_are_listed_and_completed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("settings", "--list") == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in said] == [entry.name for entry in list_shipped()]
    assert run("settings", "--config", "fsat") == 2
    assert "The nearest name is fast" in capsys.readouterr().err
    (option,) = (found for found in load_command("segment").params if "--config" in found.opts)
    found = option.shell_complete(Context(load_command("segment")), "vi")
    assert [item.value for item in found] == ["vit"]
