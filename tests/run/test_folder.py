from pathlib import Path

import duckdb
import pandas as pd
import pytest

from ike_ray.config import Config
from ike_ray.errors import ConfigError, InputError
from ike_ray.records import VideoRef
from ike_ray.run.description import create_run
from ike_ray.run.folder import RunFolder, list_missing
from ike_ray.run.parts import drop_outcomes, pack_inbox
from ike_ray.run.rows import build_outcome_row

REFS = [VideoRef(video_id=name, uri=f"/videos/{name}") for name in ("a.mp4", "b.mp4", "../c.mp4")]


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return create_run(f"{tmp_path}/run", Config(), "videos", [])


def write_outcome(run: RunFolder, ref: VideoRef, status: str) -> None:
    row = build_outcome_row(ref, device="cpu", digest=run.digest, tries=1, losses=0, elapsed_s=3.1)
    run.write_outcome(row | {"status": status})


def test_what_is_missing_is_an_anti_join(run: RunFolder) -> None:
    write_outcome(run, REFS[0], "ok")
    write_outcome(run, REFS[1], "failed")
    assert list_missing(run, REFS) == REFS[2:]
    assert drop_outcomes(run, ["failed", "skipped"]) == 1
    assert list_missing(run, REFS) == REFS[1:]
    assert list_missing(run, REFS[::-1]) == REFS[:0:-1]


def test_the_same_id_from_another_place_is_refused(run: RunFolder) -> None:
    write_outcome(run, REFS[0], "ok")
    with pytest.raises(ConfigError, match=r"already holds a video 'a\.mp4', from /videos/a\.mp4, not /other/a\.mp4"):
        list_missing(run, [VideoRef(video_id="a.mp4", uri="/other/a.mp4")])


def test_long_ids_are_not_lost(run: RunFolder) -> None:
    """Whatever the cut of a long id begins with, its files are seen by every reader."""
    refs = [VideoRef(video_id=f"/{'x' * length}/{'y' * 58}.m", uri="v") for length in range(4)]
    for ref in refs:
        write_outcome(run, ref, "ok")
    assert run.read_outcomes().num_rows == 4
    pack_inbox(run)
    assert run.read_outcomes().num_rows == len(pd.read_parquet(run.file("outcomes"))) == 4


def test_a_row_is_written_once_whatever_is_repeated(run: RunFolder) -> None:
    for _ in range(2):
        write_outcome(run, REFS[2], "ok")
        write_outcome(run, REFS[2], "ok")
        pack_inbox(run)
    assert run.read_outcomes().num_rows == 1
    assert {path.parent.name for path in Path(run.uri).rglob("*.parquet")} == {"outcomes", "run"}


def test_names_are_fixed_by_video_and_digest(run: RunFolder) -> None:
    other = RunFolder(uri=run.uri, digest="0" * 12)
    assert run.video_name("a.mp4") == run.video_name("a.mp4") != other.video_name("a.mp4")
    assert run.video_name("a b") != run.video_name("a_b")


def test_pandas_and_duckdb_read_the_rows(run: RunFolder) -> None:
    write_outcome(run, REFS[0], "ok")
    write_outcome(run, REFS[1], "failed")
    pack_inbox(run)
    assert list(pd.read_parquet(run.file("outcomes")).sort_values("video_id")["status"]) == ["ok", "failed"]
    query = f"select count(*) from '{run.file('outcomes')}/*.parquet' where status = 'ok'"
    assert duckdb.sql(query).fetchall() == [(1,)]


def test_missing_frames_are_told(run: RunFolder) -> None:
    with pytest.raises(InputError, match=r"no frame rows of a\.mp4"):
        run.read_frames("a.mp4")
