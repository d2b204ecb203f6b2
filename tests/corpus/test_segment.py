"""The whole chain on a real Ray."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ike_ray
from ike_ray.corpus.fill_run import fill_run
from ike_ray.corpus.segment import SEGMENT
from ike_ray.datasets.synthetic import draw_clip
from ike_ray.errors import ConfigError
from ike_ray.masks.rle import read_rle
from ike_ray.records import VideoRef
from ike_ray.run.description import create_run
from ike_ray.settings import read_config
from ike_ray.video.manifest import list_videos
from ike_ray.video.write import write_video
from tests.spectral.test_vit import folders  # noqa: F401  # a fixture

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("local_ray")]
SMALL = """
video: {working_size_px: [48, 64], stop_frame: 6}
network: {num_steps: 6}
graph: {published: {max_iterations: 4}}
workers: {num_workers: 1}
"""


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    folder = tmp_path / "videos"
    for seed in range(3):
        write_video(f"{folder}/good{seed}.mp4", draw_clip(seed, num_frames=5, height=64, width=96).frames, 10.0)
    (folder / "broken.mp4").write_text("no video")
    return folder


def test_every_video_gets_one_row_and_resume_does_what_is_missing(videos: Path, tmp_path: Path) -> None:
    config = read_config(SMALL)
    refs = list_videos(str(videos))
    run = create_run(f"{tmp_path}/run", config, str(videos), refs)
    asked: list[int] = []
    reported: list[str] = []

    @contextmanager
    def show(num_missing: int) -> Iterator[Callable[[dict[str, Any]], None]]:
        asked.append(num_missing)
        yield lambda outcome: reported.append(outcome["video_id"])

    fill_run(SEGMENT, refs[:2], run, config, show=show)
    fill_run(SEGMENT, refs, run, config, show=show)
    assert asked == [2, 2]
    assert sorted(reported) == [ref.video_id for ref in refs]
    statuses = {row["video_id"]: row["status"] for row in run.read_outcomes().to_pylist()}
    assert statuses == {"broken.mp4": "failed", "good0.mp4": "ok", "good1.mp4": "ok", "good2.mp4": "ok"}
    assert len(pd.read_parquet(run.file("outcomes"))) == 4  # anybody's reader sees them
    shutil.copy(videos / "good0.mp4", videos / "broken.mp4")
    fill_run(SEGMENT, refs, run, config, retry_failed=True, show=show)
    assert asked[2:] == [1]
    assert list(pd.read_parquet(run.file("outcomes"))["status"]) == ["ok"] * 4


def test_the_pool_changes_no_mask(videos: Path, tmp_path: Path) -> None:
    refs = list_videos(str(videos))[1:]
    masks = []
    for num_workers, order in ((1, 1), (2, -1)):
        config = read_config(SMALL, [f"workers.num_workers={num_workers}"])
        run = create_run(f"{tmp_path}/run{num_workers}", config, str(videos), [])
        fill_run(SEGMENT, refs[::order], run, config)
        masks.append([row["mask"] for ref in refs for row in run.read_frames(ref.video_id)])
    assert masks[0] == masks[1]


def test_features_of_a_vision_transformer_count_in_a_job(
    videos: Path,
    tmp_path: Path,
    folders: dict[str, Path],  # noqa: F811
) -> None:
    """A tiny model with weights drawn at random. The masks are those that a call in this process gives with it."""
    model = [f"features.model={folders['dinov2']}", "features.precision=float32", "features.image_area_px=null"]
    refs, masks, seconds = list_videos(str(videos))[1:2], [], []
    for name, changes in (("colours", []), ("both", model)):
        config = read_config(SMALL, changes)
        run = create_run(f"{tmp_path}/{name}", config, str(videos), refs)
        fill_run(SEGMENT, refs, run, config)
        masks.append(np.stack([read_rle(row["mask"]) for row in run.read_frames(refs[0].video_id)]))
        seconds += run.read_outcomes(["seconds_features"])["seconds_features"].to_pylist()
    here = [frame.mask for frame in ike_ray.segment(refs[0].uri, config=config)]
    np.testing.assert_array_equal(masks[1], here)
    assert (masks[0] != masks[1]).any()
    assert seconds[0] == 0 < seconds[1]


def test_hostile_videos_next_to_good_ones(shared_data: Path, videos: Path, tmp_path: Path) -> None:
    for path in (shared_data / "videos_hostile").iterdir():
        shutil.copy(path, videos / path.name)
    config = read_config(SMALL, ["video.stop_frame=null", "video.max_frames=100", "video.working_size_px=[32, 32]"])
    refs = list_videos(str(videos))
    run = create_run(f"{tmp_path}/run", config, str(videos), [])
    fill_run(SEGMENT, refs, run, config)
    rows = {row["video_id"]: row for row in run.read_outcomes().to_pylist()}
    assert {name: row["status"] for name, row in rows.items()} == {
        "broken.mp4": "failed",
        "good0.mp4": "ok",
        "good1.mp4": "ok",
        "good2.mp4": "ok",
        "decord_corrupted.mp4": "ok",
        "decord_unordered.mov": "ok",
        "lrs_demo.avi": "ok",
        "moviepy_failing_audio.mp4": "skipped",
    }
    assert "1 of 50 packets cannot be decoded" in rows["decord_corrupted.mp4"]["warning"]
    assert "max_frames = 100" in rows["moviepy_failing_audio.mp4"]["error_message"]


def test_bad_settings_stop_before_work(tmp_path: Path) -> None:
    config = read_config(SMALL, ["workers.num_gpus=1"])
    run = create_run(f"{tmp_path}/run", config, "x", [])
    refs = [VideoRef(video_id="a", uri="a.mp4")]
    with pytest.raises(ConfigError, match="GPU"):
        fill_run(SEGMENT, refs, run, config)
    config = read_config(SMALL, ["flow.method=raft_small", f"flow.weights={tmp_path}/missing.pth"])
    with pytest.raises(ConfigError, match=r"torchvision|no RAFT weights file"):
        fill_run(SEGMENT, refs, run, config)
    assert run.read_outcomes().num_rows == 0
