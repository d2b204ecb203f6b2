"""The whole chain on a real Ray, over a drawn run."""

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import pandas as pd
import pytest

import ike_ray
from ike_ray.config import ClustersConfig, DescriptorsConfig, SemanticsConfig, SheetsConfig, WorkersConfig
from ike_ray.corpus.describe import DescribeJob
from ike_ray.corpus.semantics import name_regions
from ike_ray.engine.messages import Stop
from ike_ray.engine.pool import show_nothing
from ike_ray.engine.worker import Worker
from ike_ray.errors import ConfigError
from ike_ray.run.attempts import Attempts, count_attempts, write_attempts
from ike_ray.run.clusters import read_names, read_summary, write_names
from ike_ray.run.descriptors import read_described
from ike_ray.run.folder import RunFolder
from ike_ray.run.lease import hold_run, read_driver
from ike_ray.run.parts import pack_inbox
from ike_ray.run.segmented import list_masked
from ike_ray.semantics.describe import build_digest, build_settings_text
from tests.drawn_run import DrawnRun

CONFIG = SemanticsConfig(
    clusters=ClustersConfig(num_clusters=3, num_seeds=3),
    sheets=SheetsConfig(num_regions=4, tile_px=40),
    workers=WorkersConfig(num_workers=1, patience_s=0.0),
)


def list_labels(run: RunFolder) -> dict[tuple[str, int, int], int | None]:
    rows = pd.read_parquet(run.file("frames"))
    return {
        (row["video_id"], row["frame_index"], entry["number"]): entry["label"]
        for _, row in rows.iterrows()
        for entry in ([] if row["objects"] is None else row["objects"])
    }


def count_videos(run: RunFolder, config: SemanticsConfig = CONFIG, **options: Any) -> int:
    """Videos that are described in one more call."""
    asked: list[int] = []

    def show(num_missing: int) -> Any:
        asked.append(num_missing)
        return show_nothing(num_missing)

    name_regions(run, config, show=show, **options)
    return asked[0]


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
def test_from_a_run_to_labels_names_and_sheets(drawn_run: DrawnRun) -> None:
    run = drawn_run.run
    before = {name: [row["mask"] for row in drawn_run.video(name).rows] for name in ("bear", "sub/cat.mp4", "dog.mp4")}
    assert count_videos(run) == 3
    labels = list_labels(run)
    assert len(labels) == 11
    # What looks alike: the four frames of the bear, the two of the dog.
    assert len({labels["bear", index, 1] for index in range(4)}) == 1
    assert labels["dog.mp4", 0, 1] == labels["dog.mp4", 1, 1] != labels["bear", 0, 1]
    assert set(labels.values()) == {1, 2, 3}
    sizes = [list(labels.values()).count(label) for label in (1, 2, 3)]
    assert sizes == sorted(sizes, reverse=True)
    assert {name: [row["mask"] for row in drawn_run.video(name).rows] for name in before} == before
    assert drawn_run.video("dog.mp4").rows[2]["objects"] is None  # an empty mask has no region
    entry = drawn_run.video("bear").rows[0]["objects"][0]
    assert (entry["number"], entry["mask"]) == (1, drawn_run.video("bear").rows[0]["mask"])

    every = pd.read_parquet(run.file("semantics", "labels.parquet"))
    assert sorted(every["seed"].unique()) == [0, 1, 2]
    assert len(every) == 3 * 11
    summary = read_summary(run)
    chosen = every[every["seed"] == summary["seed"]]
    assert {(row.video_id, row.frame_index, row.number): row.label for row in chosen.itertuples()} == labels
    assert (summary["clusters"], summary["regions"], summary["videos"], summary["failed"]) == (3, 11, 3, 0)
    clusters = pd.read_parquet(run.file("semantics", "clusters.parquet"))
    assert clusters["regions"].tolist() == sizes
    for label in (1, 2, 3):
        sheet = cv2.imread(run.file("semantics", "sheets", f"cluster-{label:04d}.jpg"))
        assert sheet.shape == (48, 4 + 44 * min(4, sizes[label - 1]), 3)
        assert sheet[8:40, 8:40].std() > 5

    # Again: nothing is described, and names that people gave stay.
    write_names(run, {1: "textured things", 2: "cluster 2"})
    assert count_videos(run) == 0
    assert list_labels(run) == labels
    assert read_names(run) == {1: "textured things", 2: "cluster 2", 3: "cluster 3"}
    # Fewer clusters replace labels and sheets; names from a file come first.
    fewer = replace(CONFIG, clusters=ClustersConfig(num_clusters=2, num_seeds=1))
    assert count_videos(run, fewer, names={1: "first", 7: "of nothing"}) == 0
    assert set(list_labels(run).values()) == {1, 2}
    assert not Path(run.file("semantics", "sheets", "cluster-0003.jpg")).exists()
    assert read_names(run)[1] == "first"
    assert read_summary(run)["agreement_mean"] is None
    # Other descriptors are made anew, beside the old ones.
    other = replace(CONFIG, descriptors=DescriptorsConfig(margin_fraction=0.3))
    assert count_videos(run, other) == 3
    assert ike_ray.load(run.uri).videos == ["bear", "sub/cat.mp4", "dog.mp4"]


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
def test_a_video_that_has_gone_costs_itself_until_it_is_back(drawn_run: DrawnRun, tmp_path: Path) -> None:
    run = drawn_run.run
    shutil.move(tmp_path / "videos" / "dog.mp4", tmp_path / "dog.mp4")
    config = replace(CONFIG, clusters=ClustersConfig(num_clusters=2, num_seeds=2))
    assert count_videos(run, config) == 3
    assert read_summary(run)["failed"] == 1
    labels = list_labels(run)
    assert {key[0] for key, label in labels.items() if label} == {"bear", "sub/cat.mp4"}
    assert count_videos(run, config) == 0  # a failure counts as done
    moved = {"dog.mp4": f"{tmp_path}/dog.mp4"}
    assert count_videos(run, config, retry_failed=True, moved=moved) == 1
    assert read_summary(run)["failed"] == 0
    assert list_labels(run)["dog.mp4", 0, 1]
    assert (tmp_path / "run" / "semantics" / "sheets" / "cluster-0001.jpg").exists()


def test_a_run_that_is_worked_on_is_left_alone(drawn_run: DrawnRun) -> None:
    with (
        hold_run(drawn_run.run, patience_s=0.0, upkeep=lambda: None, upkeep_every_s=1000.0),
        pytest.raises(ConfigError, match=f"is being worked on by process {os.getpid()}"),
    ):
        name_regions(drawn_run.run, CONFIG)
    assert not Path(drawn_run.run.file("semantics")).exists()


def test_a_model_that_is_none_is_told_before_any_work(drawn_run: DrawnRun, tmp_path: Path) -> None:
    descriptors = DescriptorsConfig(source="vit", model=f"{tmp_path}/missing")
    with pytest.raises(ConfigError, match=r"descriptors\.(model|source)"):
        name_regions(drawn_run.run, replace(CONFIG, descriptors=descriptors))
    assert not Path(drawn_run.run.file("descriptors")).exists()
    assert read_driver(drawn_run.run) is None


def build_job(run: RunFolder) -> DescribeJob:
    text = build_settings_text(run.digest, CONFIG.descriptors)
    return DescribeJob(run=run, config=CONFIG, digest=build_digest(text), settings_text=text)


def take(job: DescribeJob) -> dict[str, dict[str, Any]]:
    """The outcomes of all videos, in one group."""
    worker = Worker(job)
    outcomes = worker.take(list_masked(job.run))
    worker.close()
    assert not isinstance(outcomes, Stop)
    return {outcome["video_id"]: outcome for outcome in outcomes}


def test_a_group_whose_process_died_is_taken_video_by_video(drawn_run: DrawnRun) -> None:
    """As Ray does after a crash: the same group again, in a new worker, with the notes that the dead one left."""
    run = drawn_run.run
    pack_inbox(run)
    job = build_job(run)
    assert [outcome["status"] for outcome in take(job).values()] == ["ok"] * 3
    assert count_attempts(run) == 0
    shutil.rmtree(run.file("descriptors"))
    write_attempts(run, Attempts(video_id="bear", num_losses=1))
    crash = "CrashError: its process crashed"
    write_attempts(run, Attempts(video_id="dog.mp4", failures=(crash,) * CONFIG.workers.max_tries))
    outcomes = take(job)
    assert [outcomes[video]["status"] for video in ("bear", "sub/cat.mp4", "dog.mp4")] == ["ok", "ok", "failed"]
    assert outcomes["dog.mp4"]["error_type"] == "CrashError"
    assert "given up after 3 tries" in outcomes["dog.mp4"]["error_message"]
    assert count_attempts(run) == 0
    described = read_described(run, job.digest)
    assert {video: error is None for video, error in described.items()} == {
        "bear": True,
        "sub/cat.mp4": True,
        "dog.mp4": False,
    }


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
def test_a_picture_that_hangs_costs_its_video(drawn_run: DrawnRun, silent_server: str) -> None:
    config = replace(
        CONFIG,
        clusters=ClustersConfig(num_clusters=2, num_seeds=1),
        workers=replace(CONFIG.workers, time_limit_s=8.0, max_tries=1),
    )
    assert count_videos(drawn_run.run, config, moved={"dog.mp4": f"{silent_server}/dog.mp4"}) == 3
    described = read_described(drawn_run.run, read_summary(drawn_run.run)["descriptors"])
    assert {name: error and error.partition(":")[0] for name, error in described.items()} == {
        "bear": None,
        "sub/cat.mp4": None,
        "dog.mp4": "TimeLimitError",
    }
    assert read_summary(drawn_run.run)["failed"] == 1


def test_groups_go_by_frames(drawn_run: DrawnRun) -> None:
    run = drawn_run.run
    pack_inbox(run)
    masked = [video for video in list_masked(run) if video.video_id != "bear"]
    assert {video.rows_file for video in masked} == {run.file("frames", "part-00000.parquet")}
    videos = {video.video_id: video for video in masked}
    assert videos.keys() == {"sub/cat.mp4", "dog.mp4"}
    assert videos["sub/cat.mp4"].uri.endswith("/videos/sub/cat.mp4")
    assert videos["sub/cat.mp4"].confidence == 0.75
    job = build_job(run)
    assert job.list_groups(masked, 8) == [masked]
    many = [replace(masked[0], video_id=str(number), frames=10) for number in range(4)]
    elsewhere = [replace(video, rows_file="other") for video in many[:1]]
    assert [len(group) for group in job.list_groups([*many, *elsewhere], 8)] == [2, 2, 1]
