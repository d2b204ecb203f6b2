"""Adding a job takes one file and one line where jobs are listed: everything else finds it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ike_ray.cli.app import app
from ike_ray.config import WorkersConfig
from ike_ray.corpus import jobs
from ike_ray.corpus.fill_run import fill_run
from ike_ray.corpus.submit import build_submission
from ike_ray.run.description import create_run
from tests.corpus.toy_job import TOY, ToyConfig


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    for name in ("a", "b", "segfault", "hang", "eat", "c"):
        (tmp_path / "videos").mkdir(exist_ok=True)
        (tmp_path / "videos" / f"{name}.mp4").write_bytes(b"x")
    return tmp_path


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
@pytest.mark.timeout(400)  # one item hangs for 20 s, twice, beside processes that start several times
def test_a_toy_job_is_carried_as_all_others_are(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workers = WorkersConfig(num_workers=2, max_tries=1, time_limit_s=20.0, memory_gb=0.4, patience_s=0.0)
    config = ToyConfig(gain=2.0, workers=workers)
    refs = TOY.list_items(f"{corpus}/videos")
    run = create_run(f"{corpus}/run", config, f"{corpus}/videos", refs)
    fill_run(TOY, refs, run, config)
    rows = {row["video_id"]: row for row in run.read_outcomes().to_pylist()}
    assert {name: row["error_type"] for name, row in rows.items()} == {
        "a.mp4": None,
        "b.mp4": None,
        "c.mp4": None,
        "segfault.mp4": "CrashError",
        "hang.mp4": "TimeLimitError",
        "eat.mp4": "MemoryLimitError",
    }
    assert rows["a.mp4"]["confidence"] == pytest.approx(0.2)
    monkeypatch.setattr(jobs, "FILLING_JOBS", (*jobs.FILLING_JOBS, TOY))
    told = CliRunner().invoke(app, ["status", f"{corpus}/run"])
    assert told.exit_code == 0, told.output
    assert "6 videos asked, 6 done" in " ".join(told.output.split())
    made = CliRunner().invoke(app, ["report", f"{corpus}/run"])
    assert made.exit_code == 0, made.output
    assert (corpus / "run" / "report.html").exists()


def test_what_its_settings_name_is_located_and_submitted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    config = ToyConfig(mask="mask.png")
    assert TOY.locate_files(config).mask == f"{tmp_path}/mask.png"
    submission = build_submission(TOY, "videos", "run", config, address="http://127.0.0.1:8265")
    assert submission.command.startswith("python -m ike_ray.cli toy ")
    assert submission.list_paths() == [f"{tmp_path}/{name}" for name in ("videos", "run", "mask.png")]
