import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
import s3fs

from benchmarks.faulty_s3 import set_environment, start_s3
from ike_ray.errors import ConfigError
from ike_ray.export.formats import ExportFormat, write_export
from ike_ray.storage.files import list_folder, list_sizes, read_bytes
from tests.drawn_run import DrawnRun

NAMES = ("bear", "sub/cat.mp4", "dog.mp4")
# What each format makes of the three videos, one file of each.
EXPECTED = {
    "davis": ("bear/img_7.png", "cat/00001.png", "dog/00000.png"),
    "davis2016": ("bear/img_7.png", "cat/00001.png", "dog/00000.png"),
    "png": ("bear/img_7.png", "sub/cat.mp4/00001.png", "dog.mp4/00000.png"),
    "mp4": ("bear.mp4", "sub/cat.mp4.mp4", "dog.mp4.mp4"),
    "cutout": ("bear.mov", "sub/cat.mp4.mov", "dog.mp4.mov"),
    "fiftyone": ("manifest.json", "labels/bear.json", "labels/sub/cat.mp4.json", "labels/dog.mp4.json"),
    "cvat": ("bear.zip", "sub/cat.mp4.zip", "dog.mp4.zip"),
}


def export(drawn_run: DrawnRun, to: Any, target: str, **moved: str) -> list[dict[str, Any]]:
    outcomes: list[dict[str, Any]] = []
    write_export(drawn_run.run, to, target, video_ids=NAMES, moved=moved, report=outcomes.append)
    return outcomes


def list_times(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json"}


@pytest.mark.parametrize("to", EXPECTED)
def test_a_folder_is_filled_once(to: str, drawn_run: DrawnRun, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    outcomes = export(drawn_run, to, str(folder))
    assert sorted((row["video_id"], row["status"], row["frames"], row["warning"]) for row in outcomes) == [
        *(("bear", "ok", 4, None), ("dog.mp4", "ok", 3, None), ("sub/cat.mp4", "ok", 3, None))
    ]
    for name in EXPECTED[to]:
        assert (folder / name).is_file()
    before = list_times(folder)
    export(drawn_run, to, str(folder))
    assert list_times(folder) == before


@pytest.mark.parametrize("to", ["coco", "ytvis"])
def test_a_file_holds_all_videos_and_is_not_written_over(to: str, drawn_run: DrawnRun, tmp_path: Path) -> None:
    target = f"{tmp_path}/out/masks.json"
    export(drawn_run, to, target)
    data = json.loads(Path(target).read_text())
    assert sorted(video["name"] for video in data["videos"]) == sorted(NAMES)
    assert data["info"]["to"] == to
    with pytest.raises(ConfigError, match="expected a new file"):
        export(drawn_run, to, target)


def test_every_format_is_tried() -> None:
    assert {*EXPECTED, "coco", "ytvis"} == set(get_args(ExportFormat))


def test_a_video_that_has_gone_leaves_the_others_alone(drawn_run: DrawnRun, tmp_path: Path) -> None:
    video = Path(drawn_run.video("dog.mp4").uri)
    video.rename(tmp_path / "moved.mp4")
    outcomes = {row["video_id"]: row for row in export(drawn_run, "mp4", f"{tmp_path}/out")}
    assert {name: row["status"] for name, row in outcomes.items()} == dict.fromkeys(NAMES, "ok") | {"dog.mp4": "failed"}
    assert outcomes["dog.mp4"]["error_type"] == "InputError"
    assert "dog.mp4 has gone" in outcomes["dog.mp4"]["error_message"]
    assert not (tmp_path / "out" / "dog.mp4.mp4").exists()
    again = export(drawn_run, "mp4", f"{tmp_path}/out", **{"dog.mp4": f"{tmp_path}/moved.mp4"})
    assert {row["status"] for row in again} == {"ok"}
    assert (tmp_path / "out" / "dog.mp4.mp4").is_file()


def test_a_failed_video_leaves_no_half_of_itself_in_a_file(drawn_run: DrawnRun, tmp_path: Path) -> None:
    for path in Path(drawn_run.video("bear").uri).iterdir():
        path.unlink()
    Path(drawn_run.video("bear").uri).rmdir()
    outcomes = export(drawn_run, "coco", f"{tmp_path}/masks.json")
    assert {row["video_id"] for row in outcomes if row["status"] == "failed"} == {"bear"}
    data = json.loads((tmp_path / "masks.json").read_text())
    assert [video["id"] for video in data["videos"]] == [1, 2]
    assert {annotation["video_id"] for annotation in data["annotations"]} == {1, 2}


def test_sequences_of_one_name_are_refused_before_anything_is_written(drawn_run: DrawnRun, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="would both be the sequence 'bear'"):
        write_export(drawn_run.run, "davis", f"{tmp_path}/out", video_ids=["bear", "x/bear.mp4"], moved={})
    assert not (tmp_path / "out").exists()


@pytest.fixture
def bucket() -> Iterator[str]:
    with start_s3() as port, set_environment(port):
        s3fs.S3FileSystem.clear_instance_cache()
        s3fs.S3FileSystem().mkdir("bucket")
        yield "s3://bucket"
    s3fs.S3FileSystem.clear_instance_cache()


def test_runs_and_targets_may_be_in_object_storage(drawn_run: DrawnRun, tmp_path: Path, bucket: str) -> None:
    """Run, videos and target in a bucket give the bytes that local ones give."""
    files = s3fs.S3FileSystem()
    files.put(drawn_run.run.uri, f"{bucket}/run", recursive=True)
    files.put(f"{tmp_path}/videos", f"{bucket}/videos", recursive=True)
    remote = replace(drawn_run, run=replace(drawn_run.run, uri=f"{bucket}/run"))
    moved = {name: f"{bucket}/videos/{name}" for name in NAMES}
    for to in ("davis", "cutout"):
        export(drawn_run, to, f"{tmp_path}/{to}")
        assert {row["status"] for row in export(remote, to, f"{bucket}/{to}", **moved)} == {"ok"}
        for name in EXPECTED[to]:
            assert read_bytes(f"{bucket}/{to}/{name}") == (tmp_path / to / name).read_bytes()
    export(drawn_run, "coco", f"{tmp_path}/coco.json")
    export(remote, "coco", f"{bucket}/coco.json", **moved)
    local, there = (json.loads(read_bytes(f"{place}/coco.json")) for place in (tmp_path, bucket))
    assert there["annotations"] == local["annotations"]
    export(remote, "fiftyone", f"{bucket}/fiftyone", **moved)
    copied = [uri.rpartition("/")[2] for uri in list_folder(f"{bucket}/fiftyone/data")]
    assert copied == ["bear.mp4", "dog.mp4.mp4", "sub"]
    assert len(list_sizes(f"{bucket}/davis")) == 4 + 3 + 3 + 1
