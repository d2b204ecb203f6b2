"""Groups of small videos. Each video gets one row, whichever of them misbehaves."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ike_ray.config import Config, WorkersConfig
from ike_ray.corpus.fill_run import carry_missing
from ike_ray.engine.messages import Stop
from ike_ray.engine.worker import Worker
from ike_ray.records import VideoRef
from ike_ray.run.attempts import Attempts, write_attempts
from ike_ray.run.description import create_run
from ike_ray.run.folder import RunFolder
from tests.engine.stand_ins import StandIn

CONFIG = WorkersConfig(max_tries=2, max_losses=4, patience_s=0.0, time_limit_s=60.0)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    (tmp_path / "log").mkdir()
    return create_run(f"{tmp_path}/run", Config(), "images", [])


def list_refs(*names: str) -> list[VideoRef]:
    return [VideoRef(video_id=name, uri=f"/images/{name}") for name in names]


def take(run: RunFolder, *names: str, grouped: str = "", config: WorkersConfig = CONFIG) -> dict[str, dict[str, Any]]:
    """The outcome rows of a group that one worker took."""
    worker = Worker(StandIn(f"{run.uri}/../log", run=run, workers=config, group_size=4, grouped=grouped))
    taken = worker.take(list_refs(*names))
    assert not isinstance(taken, Stop)
    assert [row["video_id"] for row in taken] == list(names)
    worker.close()
    assert not list(Path(run.file("attempts")).iterdir())
    rows = run.read_outcomes().to_pylist()
    assert sorted(row["video_id"] for row in rows) == sorted(names)
    return {row["video_id"]: row for row in rows}


def list_groups(run: RunFolder) -> list[str]:
    return Path(run.uri, "..", "log", "groups").read_text().splitlines()


def test_what_costs_one_its_row_leaves_the_group_alone(run: RunFolder) -> None:
    rows = take(run, "a", "broken", "excluded", "b")
    statuses = {name: (row["status"], row["error_type"], row["tries"]) for name, row in rows.items()}
    assert statuses == {
        "a": ("ok", None, 1),
        "broken": ("failed", "InputError", 1),
        "excluded": ("skipped", "ExcludedError", 1),
        "b": ("ok", None, 1),
    }
    assert list_groups(run) == ["a broken excluded b"]
    assert sum(row["seconds"] for row in rows.values()) == pytest.approx(4 * rows["a"]["seconds"])


@pytest.mark.parametrize(
    ("name", "error"), [("segfault", "CrashError"), ("killed", "LostError"), ("bug", "ZeroDivisionError")]
)
def test_a_poison_member_is_found_by_trying_each_alone(run: RunFolder, name: str, error: str) -> None:
    rows = take(run, "a", name, "b")
    assert {key: row["error_type"] for key, row in rows.items()} == {"a": None, name: error, "b": None}
    groups = list_groups(run)
    assert groups[:2] == [f"a {name} b", "a"]
    assert groups.count("a") == groups.count("b") == 1
    assert rows["a"]["tries"] == 2  # the group's and its own
    assert rows["a"]["losses"] == (1 if name == "killed" else 0)
    assert rows[name]["tries"] == {"segfault": 3, "killed": 4, "bug": 2}[name]


def test_one_try_is_one_of_its_own(run: RunFolder, caplog: pytest.LogCaptureFixture) -> None:
    """A crash of a group counts for none of its members. Otherwise `max_tries` = 1 would fail them all."""
    config = WorkersConfig(max_tries=1, patience_s=0.0)
    rows = take(run, "a", "b", grouped="abort", config=config)
    assert [row["status"] for row in rows.values()] == ["ok", "ok"]
    assert "the process of a group of 2 videos is gone, they are tried one by one" in caplog.text


def test_a_storage_that_fails_is_asked_again_for_one_alone(run: RunFolder) -> None:
    rows = take(run, "a", "unreachable")
    assert (rows["a"]["status"], rows["unreachable"]["error_type"]) == ("ok", "TransientError")
    assert list_groups(run) == ["a unreachable", "unreachable"]


def test_who_was_tried_before_is_tried_alone(run: RunFolder) -> None:
    write_attempts(run, Attempts(video_id="b", worker="elsewhere, process 1"))
    rows = take(run, "a", "b", "c")
    assert list_groups(run) == ["a c", "b"]
    assert (rows["b"]["tries"], rows["b"]["losses"], rows["a"]["tries"]) == (2, 1, 1)


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
def test_a_corpus_of_groups_is_one_row_each(run: RunFolder) -> None:
    refs = list_refs(*(f"v{i}" for i in range(9)), "segfault", "broken", "exit@1")
    run = create_run(run.uri, Config(), "images", refs)
    config = WorkersConfig(num_workers=2, max_tries=2, patience_s=0.0)
    job = StandIn(f"{run.uri}/../log", run=run, workers=config, group_size=4)
    carry_missing(refs[:1], run, job)
    carry_missing(refs, run, job)
    rows = pd.read_parquet(run.file("outcomes")).set_index("video_id")
    assert sorted(rows.index) == sorted(ref.video_id for ref in refs)
    assert rows[rows["status"] != "ok"]["error_type"].to_dict() == {"segfault": "CrashError", "broken": "InputError"}
    groups = list_groups(run)
    assert groups[0] == "v0"
    assert "v1 v2" in groups
    assert len([group for group in groups if "v0" in group.split()]) == 1
