from pathlib import Path

import duckdb
import pandas as pd
import pytest
import yaml

from ike_ray.config import Config
from ike_ray.errors import ConfigError, InputError
from ike_ray.export.rows import build_outcome_row
from ike_ray.records import STAGES, VideoRef
from ike_ray.settings import config_digest, read_config
from ike_ray.storage.run_folder import RunFolder, create_run, list_missing, open_run

REFS = [VideoRef(video_id=name, uri=f"/videos/{name}") for name in ("a.mp4", "b.mp4", "../c.mp4")]


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return create_run(f"{tmp_path}/run", Config(), "videos", 3)


def write_outcome(run: RunFolder, ref: VideoRef, status: str) -> None:
    row = build_outcome_row(ref, device="cpu", digest=run.digest, stages=dict.fromkeys(STAGES, 0.5), elapsed_s=3.1)
    run.write_outcome(row | {"status": status})


def test_it_says_what_was_asked(run: RunFolder) -> None:
    description = yaml.safe_load(Path(run.file("run.yaml")).read_text())
    assert description["input"] == "videos"
    assert description["config_digest"] == config_digest(Config())
    assert description["versions"]["torch"]
    assert open_run(run.uri) == run


def test_another_digest_is_refused_by_name(run: RunFolder) -> None:
    create_run(run.uri, read_config("workers: {num_workers: 7}"), "videos", 3)
    create_run(run.uri, read_config("graph: {reach_frames: 13}"), "videos", 3)  # no outcome yet: nothing to mix
    create_run(run.uri, Config(), "videos", 3)
    write_outcome(run, REFS[0], "ok")
    with pytest.raises(ConfigError, match=r"graph.reach_frames: 15 -> 14"):
        create_run(run.uri, read_config("graph: {reach_frames: 14}"), "videos", 3)


def test_a_folder_that_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"not a run folder.*run\.yaml"):
        open_run(str(tmp_path))
    (tmp_path / "run.yaml").write_text("input: x")
    with pytest.raises(InputError, match="settings of a run"):
        open_run(str(tmp_path))


def test_what_is_missing_is_an_anti_join(run: RunFolder) -> None:
    write_outcome(run, REFS[0], "ok")
    write_outcome(run, REFS[1], "failed")
    assert list_missing(run, REFS, retry_failed=False) == REFS[2:]
    assert list_missing(run, REFS, retry_failed=True) == REFS[1:]


def test_the_same_id_from_another_place_is_refused(run: RunFolder) -> None:
    write_outcome(run, REFS[0], "ok")
    with pytest.raises(ConfigError, match=r"already holds a video 'a\.mp4', from /videos/a\.mp4, not /other/a\.mp4"):
        list_missing(run, [VideoRef(video_id="a.mp4", uri="/other/a.mp4")], retry_failed=False)


def test_long_ids_are_not_lost(run: RunFolder) -> None:
    """Whatever the cut of a long id begins with, its files are seen by every reader."""
    refs = [VideoRef(video_id=f"/{'x' * length}/{'y' * 58}.m", uri="v") for length in range(4)]
    for ref in refs:
        write_outcome(run, ref, "ok")
    assert run.read_outcomes().num_rows == len(pd.read_parquet(run.file("outcomes"))) == 4


def test_a_row_is_written_once_whatever_is_repeated(run: RunFolder) -> None:
    for _ in range(2):
        write_outcome(run, REFS[2], "ok")
    assert run.read_outcomes().num_rows == 1
    assert {path.parent.name for path in Path(run.uri).rglob("*.parquet")} == {"outcomes"}


def test_names_are_fixed_by_video_and_digest(run: RunFolder) -> None:
    other = RunFolder(uri=run.uri, digest="0" * 12)
    assert run.video_name("a.mp4") == run.video_name("a.mp4") != other.video_name("a.mp4")
    assert run.video_name("a b") != run.video_name("a_b")


def test_pandas_and_duckdb_read_the_rows(run: RunFolder) -> None:
    write_outcome(run, REFS[0], "ok")
    write_outcome(run, REFS[1], "failed")
    assert list(pd.read_parquet(run.file("outcomes")).sort_values("video_id")["status"]) == ["ok", "failed"]
    query = f"select count(*) from '{run.file('outcomes')}/*.parquet' where status = 'ok'"
    assert duckdb.sql(query).fetchall() == [(1,)]


def test_missing_frames_are_told(run: RunFolder) -> None:
    with pytest.raises(InputError, match=r"no frame rows of a\.mp4"):
        run.read_frames("a.mp4")
