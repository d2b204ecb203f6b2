from pathlib import Path

import duckdb
import pandas as pd
import pytest
import yaml

from ike_ray.config import Config, SpectralRunConfig
from ike_ray.errors import ConfigError, InputError
from ike_ray.export.rows import build_outcome_row
from ike_ray.records import VideoRef
from ike_ray.settings import config_digest, read_config
from ike_ray.storage.missing import list_missing
from ike_ray.storage.parts import drop_outcomes, pack_inbox
from ike_ray.storage.run_description import create_run, open_run, read_asked, read_job
from ike_ray.storage.run_folder import RunFolder

REFS = [VideoRef(video_id=name, uri=f"/videos/{name}") for name in ("a.mp4", "b.mp4", "../c.mp4")]


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return create_run(f"{tmp_path}/run", Config(), "videos", [])


def write_outcome(run: RunFolder, ref: VideoRef, status: str) -> None:
    row = build_outcome_row(ref, device="cpu", digest=run.digest, tries=1, losses=0, elapsed_s=3.1)
    run.write_outcome(row | {"status": status})


def test_it_says_what_was_asked(run: RunFolder) -> None:
    description = yaml.safe_load(Path(run.file("run.yaml")).read_text())
    assert description["input"] == "videos"
    assert description["config_digest"] == config_digest(Config())
    assert description["versions"]["torch"]
    assert (open_run(run.uri).uri, open_run(run.uri).digest) == (run.uri, run.digest)


def test_another_digest_is_refused_by_name(run: RunFolder) -> None:
    create_run(run.uri, read_config("workers: {num_workers: 7}"), "videos", [])
    create_run(run.uri, read_config("graph: {reach_frames: 13}"), "videos", [])  # no outcome yet: nothing to mix
    create_run(run.uri, Config(), "videos", [])
    write_outcome(run, REFS[0], "ok")
    with pytest.raises(ConfigError, match=r"graph.reach_frames: 15 -> 14"):
        create_run(run.uri, read_config("graph: {reach_frames: 14}"), "videos", [])


def test_a_run_is_of_one_job(run: RunFolder) -> None:
    write_outcome(run, REFS[0], "ok")
    assert read_job(run.uri) == "segment"
    with pytest.raises(ConfigError, match="job: segment -> spectral"):
        create_run(run.uri, SpectralRunConfig(), "images", [])


def test_a_folder_that_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"not a run folder.*run\.yaml"):
        open_run(str(tmp_path))
    (tmp_path / "run.yaml").write_text("input: x")
    with pytest.raises(InputError, match="the job of a run, its settings"):
        open_run(str(tmp_path))


def test_what_was_asked_adds_up(run: RunFolder) -> None:
    create_run(run.uri, Config(), "videos", REFS[:2])
    again = create_run(run.uri, Config(), "videos", REFS[1:])
    assert read_asked(again)["video_id"].to_pylist() == [ref.video_id for ref in REFS]
    assert yaml.safe_load(Path(run.file("run.yaml")).read_text())["videos"] == 3


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


def test_no_credential_is_written(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
    refs = [
        VideoRef(video_id="a", uri="https://me:geheim@host/a.mp4"),
        VideoRef(video_id="b", uri="https://host/b.mp4?v=2&X-Amz-Credential=AKIA77&X-Amz-Signature=0feed1"),
    ]
    config = read_config("flow: {method: files, folder: 's3://b/wJalrXUtnFEMI'}")
    create_run(f"{run.uri}2", config, refs[0].uri, refs)
    written = b"".join(path.read_bytes() for path in Path(f"{run.uri}2").rglob("*") if path.is_file()).decode(
        errors="replace"
    )
    assert "https://***@host/a.mp4" in written
    assert "v=2" in written
    assert not [secret for secret in ("geheim", "AKIA77", "0feed1", "wJalrX") if secret in written]
