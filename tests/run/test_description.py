from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from ike_ray.config import Config, SpectralRunConfig
from ike_ray.errors import ConfigError, InputError
from ike_ray.records import VideoRef
from ike_ray.run.description import create_run, open_run, read_asked, read_job
from ike_ray.run.folder import RunFolder
from ike_ray.run.rows import build_outcome_row
from ike_ray.settings import config_digest, read_config

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
    create_run(run.uri, read_config("graph: {saliency_stride: 13}"), "videos", [])  # no outcome yet: nothing to mix
    create_run(run.uri, Config(), "videos", [])
    write_outcome(run, REFS[0], "ok")
    with pytest.raises(ConfigError, match=r"graph.saliency_stride: 5 -> 14"):
        create_run(run.uri, read_config("graph: {saliency_stride: 14}"), "videos", [])


def test_a_run_is_of_one_job(run: RunFolder) -> None:
    write_outcome(run, REFS[0], "ok")
    assert read_job(run.uri) == "segment"
    with pytest.raises(ConfigError, match="job: segment -> spectral"):
        create_run(run.uri, SpectralRunConfig(), "images", [])


def test_a_folder_that_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"not a run folder.*run\.yaml"):
        open_run(str(tmp_path))
    (tmp_path / "run.yaml").write_text("input: x")
    with pytest.raises(InputError, match="expected the entries job, config, config_digest, found less"):
        open_run(str(tmp_path))


def test_what_was_asked_adds_up(run: RunFolder) -> None:
    create_run(run.uri, Config(), "videos", REFS[:2])
    again = create_run(run.uri, Config(), "videos", REFS[1:])
    assert read_asked(again)["video_id"].to_pylist() == [ref.video_id for ref in REFS]
    assert yaml.safe_load(Path(run.file("run.yaml")).read_text())["videos"] == 3


def test_of_those_that_ask_at_once_nothing_is_lost(run: RunFolder) -> None:
    """Each command either has its videos in the list, or is told that another has the run."""
    refs = [VideoRef(video_id=f"{number}.mp4", uri=f"/videos/{number}.mp4") for number in range(24)]

    def ask(ref: VideoRef) -> bool:
        try:
            create_run(run.uri, Config(), "videos", [ref])
        except ConfigError:  # of a run that is being worked on
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        has_asked = list(pool.map(ask, refs))
    assert sorted(read_asked(run)["video_id"].to_pylist()) == sorted(
        ref.video_id for ref, done in zip(refs, has_asked, strict=True) if done
    )
    assert any(has_asked)


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
