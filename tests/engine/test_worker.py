"""A worker and its process, with methods that really misbehave: whatever happens, one outcome row that says what did."""

import os
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ike_ray.config import Config, WorkersConfig
from ike_ray.engine.job import PROGRESS_COLUMNS
from ike_ray.engine.messages import Stop
from ike_ray.engine.worker import Worker
from ike_ray.errors import ConfigError
from ike_ray.records import VideoRef
from ike_ray.run.attempts import Attempts, write_attempts
from ike_ray.run.description import create_run
from ike_ray.run.folder import RunFolder
from tests.engine.stand_ins import StandIn

CONFIG = WorkersConfig(max_tries=2, max_losses=4, patience_s=0.0, time_limit_s=1.0, memory_gb=0.3)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return create_run(f"{tmp_path}/run", Config(), "videos", [])


def work(run: RunFolder, *names: str, config: WorkersConfig = CONFIG) -> list[dict[str, Any]]:
    """The outcome rows of videos that one worker took one after the other."""
    folder = Path(run.uri).parent / "log"
    folder.mkdir(exist_ok=True)
    worker = Worker(StandIn(str(folder), run=run, workers=config))
    for name in names:
        worker.take([VideoRef(video_id=name, uri=f"/videos/{name}")])
    worker.close()
    rows = {row["video_id"]: row for row in run.read_outcomes().to_pylist()}
    return [rows[name] for name in names]


def count_tries(run: RunFolder, name: str) -> int:
    return len((Path(run.uri).parent / "log" / name).read_text().split())


@pytest.mark.parametrize(
    ("name", "error", "message", "tries"),
    [
        ("segfault", "CrashError", r"crashed with SIGSEGV.*given up after 2 tries", 2),
        ("abort", "CrashError", r"crashed with SIGABRT", 2),
        ("exit", "CrashError", r"exited with code 3", 2),
        ("hang", "TimeLimitError", r"no sign of life for 1 s, workers\.time_limit_s is 1", 2),
        ("eat", "MemoryLimitError", r"took 0\.\d GB, and a worker's share here is 0\.3 GB", 2),
        ("killed", "LostError", r"killed from outside.*given up after 4 tries", 4),
        ("broken", "InputError", r"cannot read it", 1),
        ("unreachable", "TransientError", r"no answer", 1),
        ("bug", "ZeroDivisionError", r"a bug \(in misbehave, .*stand_ins\.py", 1),
    ],
)
def test_a_poison_video_costs_its_row_and_no_other(run: RunFolder, name: str, error: str, message: str, tries: int) -> None:
    config = CONFIG if name == "hang" else replace(CONFIG, time_limit_s=60.0)  # a busy machine may take long to eat 0.3 GB
    first, bad, last = work(run, "a", name, "b", config=config)
    assert (first["status"], last["status"]) == ("ok", "ok")
    assert (bad["status"], bad["error_type"], bad["tries"]) == ("failed", error, tries)
    assert re.search(message, bad["error_message"]), bad["error_message"]
    assert count_tries(run, name) == tries
    assert not list(Path(run.file("attempts")).iterdir())


def test_a_decoder_that_crashes_costs_one_row(run: RunFolder, shared_data: Path) -> None:
    """OpenCV corrupts its heap with this file, which is why videos are read with PyAV."""
    video = shared_data / "videos_hostile" / "lrs_demo.avi"
    worker = Worker(StandIn(str(run.uri), run=run, workers=replace(CONFIG, time_limit_s=60.0, memory_gb=4.0)))
    for name, uri in (("opencv", str(video)), ("a", "/videos/a")):
        worker.take([VideoRef(video_id=name, uri=uri)])
    worker.close()
    rows = {row["video_id"]: row for row in run.read_outcomes().to_pylist()}
    assert (rows["opencv"]["status"], rows["opencv"]["error_type"], rows["a"]["status"]) == ("failed", "CrashError", "ok")


@pytest.mark.parametrize("name", ["segfault@1", "hang@1", "killed@3"])
def test_what_passes_is_tried_again(run: RunFolder, name: str) -> None:
    (row,) = work(run, name)
    assert (row["status"], row["tries"]) == ("ok", count_tries(run, name))
    assert row["losses"] == (3 if name == "killed@3" else 0)


def test_an_excluded_video_is_skipped(run: RunFolder) -> None:
    (row,) = work(run, "excluded")
    assert (row["status"], row["error_type"]) == ("skipped", "ExcludedError")


def test_signs_of_life_hold_off_the_time_limit(run: RunFolder) -> None:
    assert work(run, "slow")[0]["status"] == "ok"


def test_a_process_is_kept_for_the_next_video_unless_it_may_be_damaged(run: RunFolder) -> None:
    work(run, "a", "broken", "b", "bug", "c")
    pids = [(Path(run.uri).parent / "log" / name).read_text() for name in ("a", "broken", "b", "bug", "c")]
    assert pids[0] == pids[1] == pids[2] == pids[3] != pids[4]


def test_tries_of_lost_workers_count(run: RunFolder) -> None:
    lost = Attempts(video_id="killed", num_losses=2, worker="elsewhere, process 1")
    write_attempts(run, lost)
    (row,) = work(run, "killed")
    assert (row["status"], row["losses"], count_tries(run, "killed")) == ("failed", 4, 1)
    write_attempts(run, replace(lost, video_id="segfault", failures=("CrashError: x",), num_losses=0))
    assert work(run, "segfault")[0]["tries"] == 3  # one crash and one loss before, one crash now


def test_an_outcome_that_a_lost_worker_wrote_is_kept(run: RunFolder) -> None:
    (first,) = work(run, "a")
    write_attempts(run, Attempts(video_id="a", worker="elsewhere, process 1"))
    (second,) = work(run, "a")
    assert first == second
    assert count_tries(run, "a") == 1


def test_progress_has_no_more_than_it_needs(run: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    worker = Worker(StandIn(str(tmp_path / "log"), run=run, workers=CONFIG))
    rows = worker.take([VideoRef(video_id="a", uri="https://me:geheim@host/a")])
    assert not isinstance(rows, Stop)
    (row,) = rows
    assert set(row) == set(PROGRESS_COLUMNS)
    worker.close()
    assert run.read_outcomes(["uri"])["uri"].to_pylist() == ["https://***@host/a"]


def test_what_the_machine_lacks_stops_the_run(run: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "no-gpu").touch()
    stop = Worker(StandIn(str(tmp_path / "log"), run=run, workers=CONFIG)).take([VideoRef(video_id="a", uri="a")])
    assert isinstance(stop, Stop)
    assert (type(stop.error), str(stop.error)) == (ConfigError, "no GPU on this machine")
    assert run.read_outcomes().num_rows == 0


def test_a_machine_that_does_not_see_the_run_says_so(tmp_path: Path) -> None:
    run = RunFolder(uri=f"{tmp_path}/nowhere", digest="0" * 12)
    stop = Worker(StandIn(str(tmp_path), run=run, workers=CONFIG)).take([VideoRef(video_id="a", uri="a")])
    assert isinstance(stop, Stop)
    assert isinstance(stop.error, ConfigError)
    assert re.search(r"does not see the run at .*nowhere", str(stop.error))


def test_temporary_files_of_dead_workers_are_removed(run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "ike-ray-worker-999999999-x").mkdir()
    (tmp_path / "ike-ray-worker-999999999-x" / "big.mp4").touch()
    (tmp_path / f"ike-ray-worker-{os.getpid()}-y").mkdir()
    work(run, "a", "segfault")
    assert [path.name for path in tmp_path.glob("ike-ray-worker-*")] == [f"ike-ray-worker-{os.getpid()}-y"]
