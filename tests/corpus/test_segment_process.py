"""The method as a plain function: a video in, files and columns out."""

import importlib.util
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ike_ray.config import (
    ClipFeaturesConfig,
    Config,
    FlowConfig,
    ObjectsConfig,
    OutputConfig,
    SecondCueConfig,
    VideoConfig,
    WindowsConfig,
    WorkersConfig,
)
from ike_ray.corpus.segment import SEGMENT, identify_second_cue
from ike_ray.corpus.segment_process import SegmentProcess
from ike_ray.datasets.synthetic import draw_clip
from ike_ray.errors import ConfigError, ExcludedError, InputError
from ike_ray.flow import estimate
from ike_ray.flow.dis import estimate_dis
from ike_ray.masks.rle import read_rle
from ike_ray.records import Flow, VideoRef
from ike_ray.run.description import create_run
from ike_ray.run.folder import RunFolder
from ike_ray.settings import config_digest, read_config
from ike_ray.video.write import write_video
from tests.drawn_run import DrawnRun, write_student
from tests.torchvision_without_cuda import declare_operators


@pytest.fixture
def run(tmp_path: Path, small_config: Config) -> RunFolder:
    return create_run(f"{tmp_path}/run", small_config, "videos", [])


@pytest.fixture
def video(tmp_path: Path) -> str:
    write_video(f"{tmp_path}/v.mp4", draw_clip(0, num_frames=6, height=96, width=128).frames, 12.0)
    return f"{tmp_path}/v.mp4"


@pytest.fixture
def windowed(small_config: Config) -> Config:
    """Windows of nine frames that share three."""
    return replace(small_config, windows=WindowsConfig(max_nodes=9 * 48 * 64, overlap_frames=3, num_steps=2))


@pytest.fixture
def long_video(tmp_path: Path) -> str:
    write_video(f"{tmp_path}/long.mp4", draw_clip(1, num_frames=14, height=96, width=128).frames, 12.0)
    return f"{tmp_path}/long.mp4"


def segment(run: RunFolder, config: Config, video_id: str, uri: str) -> dict[str, Any]:
    """The columns of the outcome of one video, as a worker's process finds them."""
    (columns,) = SEGMENT.build(run=run, config=config).load()([VideoRef(video_id=video_id, uri=uri)], lambda: None)
    assert isinstance(columns, dict)
    return columns


def test_a_profile_says_what_each_stage_took(run: RunFolder, small_config: Config, video: str) -> None:
    columns = segment(run, replace(small_config, output=OutputConfig(profile=True)), "v", video)
    assert [entry["stage"] for entry in columns["profile"]] == ["read", "flow", "graph", "network", "refine", "write"]
    assert all(entry["peak_mb"] > 50 and entry["cpu_s"] > 0 for entry in columns["profile"])
    assert "profile" not in segment(run, small_config, "w", video)


def test_a_student_weighs_the_motion(
    run: RunFolder, small_config: Config, video: str, drawn_run: DrawnRun, tmp_path: Path
) -> None:
    """And a run keeps to the student that it began with."""
    cue = SecondCueConfig(model=write_student(f"{tmp_path}/model", drawn_run, seed=1), weight=1.0)
    config = identify_second_cue(replace(small_config, second_cue=cue))
    assert config.second_cue.weights_digest is not None
    assert config_digest(config) != config_digest(small_config)
    assert config_digest(config) == config_digest(replace(config, second_cue=replace(config.second_cue, model="/moved")))
    assert segment(run, config, "v", video)["status"] == "ok"
    segment(run, small_config, "w", video)
    assert [row["mask"] for row in run.read_frames("v")] != [row["mask"] for row in run.read_frames("w")]
    other = replace(config.second_cue, model=write_student(f"{tmp_path}/other", drawn_run, seed=2))
    with pytest.raises(ConfigError, match="has changed"):
        identify_second_cue(replace(config, second_cue=other))


def test_a_student_that_is_none_is_found_before_any_work(small_config: Config, tmp_path: Path) -> None:
    assert identify_second_cue(small_config) == small_config
    with pytest.raises(InputError, match="not a student's folder"):
        identify_second_cue(replace(small_config, second_cue=SecondCueConfig(model=str(tmp_path))))


def test_a_vision_transformer_counts_beside_colours(
    run: RunFolder, windowed: Config, long_video: str, tmp_path: Path
) -> None:
    """Tiny and with weights drawn here, in both windows of a video."""
    declare_operators()
    transformers = pytest.importorskip("transformers", exc_type=ImportError)
    torch.manual_seed(0)
    settings = transformers.ViTConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48, image_size=48, patch_size=8
    )
    transformers.ViTModel(settings).save_pretrained(tmp_path / "model")
    config = replace(windowed, features=ClipFeaturesConfig(model=f"{tmp_path}/model", weight=6.0, precision="float32"))
    assert config_digest(config) != config_digest(windowed)
    columns = segment(run, config, "v", long_video)
    assert (columns["status"], columns["windows"]) == ("ok", 2)
    assert columns["seconds_features"] > 0
    assert segment(run, windowed, "w", long_video)["seconds_features"] == 0
    assert [row["mask"] for row in run.read_frames("v")] != [row["mask"] for row in run.read_frames("w")]
    missing = replace(config, features=ClipFeaturesConfig(model=f"{tmp_path}/no"))
    with pytest.raises(ConfigError, match=r"cannot load features\.model"):
        SEGMENT.build(run=run, config=missing).load()


def test_objects_go_through_windows_into_rows(run: RunFolder, windowed: Config, long_video: str) -> None:
    config = replace(windowed, objects=ObjectsConfig(max_objects=4))
    assert segment(run, config, "v", long_video)["windows"] == 2
    rows = run.read_frames("v")
    numbered = [[entry["number"] for entry in row["objects"]] for row in rows]
    assert any(numbered)
    for row in rows:
        mask = read_rle(row["mask"])
        for entry in row["objects"]:
            assert not (read_rle(entry["mask"]) & ~mask).any()
    assert all(0 <= row["confidence"] <= 1 for row in rows)


def test_a_video_becomes_rows(run: RunFolder, small_config: Config, video: str) -> None:
    row = segment(run, small_config, "v", video)
    assert (row["status"], row["frames"], row["height"], row["width"], row["fps"]) == ("ok", 6, 96, 128, 12.0)
    assert (row["cycles"], len(row["history"])) == (2, 2)
    stages = [row[f"seconds_{stage}"] for stage in ("read", "flow", "graph", "network", "refine", "write")]
    assert min(stages) > 0
    frames = run.read_frames("v")
    assert [frame["frame_index"] for frame in frames] == list(range(6))
    assert read_rle(frames[0]["mask"]).shape == (96, 128)


def test_a_repeated_video_changes_nothing(run: RunFolder, small_config: Config, video: str) -> None:
    process = SegmentProcess(run, small_config)
    ref = VideoRef(video_id="v", uri=video)
    process([ref], lambda: None)
    first = {path: path.read_bytes() for path in Path(run.uri).rglob("*") if path.is_file()}
    process([ref], lambda: None)
    assert {path: path.read_bytes() for path in Path(run.uri).rglob("*") if path.is_file()} == first


def test_writing_beside_the_next_window_changes_nothing(tmp_path: Path, windowed: Config, long_video: str) -> None:
    found, seconds = [], []
    for is_ahead in (False, True):
        run = create_run(f"{tmp_path}/{is_ahead}", windowed, "videos", [])
        (row,) = SegmentProcess(run, windowed, is_ahead=is_ahead)([VideoRef(video_id="v", uri=long_video)], lambda: None)
        assert isinstance(row, dict)
        seconds.append([row.pop(key) for key in list(row) if key.startswith("seconds_")])
        history = [{key: value for key, value in entry.items() if not key.endswith("_s")} for entry in row.pop("history")]
        found.append((row, history, run.read_frames("v")))
    assert found[0] == found[1]
    assert len(found[0][1]) > 1  # more than one window
    assert [second > 0 for second in seconds[0]] == [second > 0 for second in seconds[1]]


def test_a_broken_video_leaves_no_thread_behind(tmp_path: Path, windowed: Config) -> None:
    run = create_run(f"{tmp_path}/run", windowed, "videos", [])
    process = SegmentProcess(run, windowed, is_ahead=True)
    before = threading.active_count()
    (tmp_path / "x.mp4").write_text("no video")
    for name in ("x.mp4", "missing.mp4"):
        with pytest.raises(InputError):
            process([VideoRef(video_id="x", uri=f"{tmp_path}/{name}")], lambda: None)
    assert threading.active_count() == before


def test_a_broken_video_is_an_input_error(run: RunFolder, small_config: Config, tmp_path: Path) -> None:
    (tmp_path / "x.mp4").write_text("no video")
    with pytest.raises(InputError, match="expected a video that FFmpeg decodes"):
        segment(run, small_config, "x", f"{tmp_path}/x.mp4")


def test_a_long_video_may_be_excluded(tmp_path: Path, small_config: Config, video: str) -> None:
    config = replace(small_config, video=VideoConfig(max_frames=3))
    run = create_run(f"{tmp_path}/short", config, "videos", [])
    with pytest.raises(ExcludedError, match=r"video\.max_frames = 3"):
        segment(run, config, "v", video)


def test_a_missing_gpu_stops_before_work(run: RunFolder, small_config: Config) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(ConfigError, match=r"workers.num_gpus is 1, and PyTorch .* finds no GPU"):
        SegmentProcess(run, replace(small_config, workers=WorkersConfig(num_gpus=1)))


def test_a_hostile_id_stays_in_the_run(run: RunFolder, small_config: Config, video: str, tmp_path: Path) -> None:
    before = {path for path in tmp_path.rglob("*") if run.uri not in str(path)}
    all_outputs = OutputConfig(masks_png=True, soft_png=True, overlay_mp4=True, flow_flo=True)
    config = replace(small_config, output=all_outputs)
    outcome = segment(run, config, "../../outside\n/etc", video)
    assert outcome["status"] == "ok"
    assert {path for path in tmp_path.rglob("*") if run.uri not in str(path)} == before


def test_one_frame_is_a_video(run: RunFolder, small_config: Config, tmp_path: Path) -> None:
    write_video(f"{tmp_path}/one.mp4", [np.zeros((64, 64, 3), np.uint8)], 5.0)
    outcome = segment(run, small_config, "one", f"{tmp_path}/one.mp4")
    assert outcome["status"] == "ok"
    assert run.read_frames("one")[0]["area_fraction"] == 0


def test_the_published_setting_runs(tmp_path: Path, video: str) -> None:
    """`configs/paper.yaml` on a CPU, as small and short as it gets: the paper's network learns one step."""
    text = (Path(__file__).parents[2] / "configs" / "paper.yaml").read_text()
    config = read_config(text, ["workers.num_gpus=0", "video.working_size_px=[32, 32]", "network.num_steps=1"])
    config = replace(config, cycle=replace(config.cycle, max_cycles=1))
    run = create_run(f"{tmp_path}/paper", config, "videos", [])
    assert segment(run, config, "v", video)["status"] == "ok"


def test_written_flow_read_again_gives_the_same_masks(tmp_path: Path, small_config: Config, video: str) -> None:
    writing = replace(small_config, output=OutputConfig(flow_flo=True))
    first = create_run(f"{tmp_path}/first", writing, "videos", [])
    segment(first, writing, "sub/v.mp4", video)
    reading = replace(small_config, flow=FlowConfig(method="files", folder=first.file("flow")))
    second = create_run(f"{tmp_path}/second", reading, "videos", [])
    assert segment(second, reading, "sub/v.mp4", video)["status"] == "ok"
    assert second.read_frames("sub/v.mp4") == first.read_frames("sub/v.mp4")


def test_raft_flows_into_the_method(shared_data: Path, tmp_path: Path, small_config: Config, video: str) -> None:
    if importlib.util.find_spec("torchvision") is None:
        pytest.skip("torchvision is not installed")
    declare_operators()
    weights = str(shared_data / "weights" / "raft-small.pth")
    config = replace(small_config, flow=FlowConfig(method="raft_small", weights=weights, raft_updates=2))
    run = create_run(f"{tmp_path}/raft", config, "videos", [])
    outcome = segment(run, config, "v", video)
    assert outcome["status"] == "ok"
    assert outcome["seconds_flow"] > 0


@pytest.mark.gpu
def test_a_gpu_does_the_same(tmp_path: Path, small_config: Config, video: str) -> None:
    if not torch.cuda.is_available():
        pytest.skip("no GPU")
    config = replace(small_config, workers=WorkersConfig(num_gpus=1))
    run = create_run(f"{tmp_path}/gpu", config, "videos", [])
    assert segment(run, config, "v", video)["status"] == "ok"


def test_a_long_video_is_one_row_of_several_windows(tmp_path: Path, windowed: Config, long_video: str) -> None:
    run = create_run(f"{tmp_path}/windows", windowed, "videos", [])
    row = segment(run, windowed, "v", long_video)
    assert (row["status"], row["frames"], row["shots"], row["windows"], row["cycles"]) == ("ok", 14, 1, 2, 3)
    assert [(record["window"], record["cycle"]) for record in row["history"]] == [(1, 1), (1, 2), (2, 1)]
    frames = run.read_frames("v")
    assert [frame["frame_index"] for frame in frames] == list(range(14))
    assert [frame["window"] for frame in frames] == [1] * 6 + [2] * 8
    assert row["cut"] == pytest.approx(np.mean([frame["cut"] for frame in frames]))


def test_written_flow_of_windows_read_again_gives_the_same_masks(tmp_path: Path, windowed: Config, long_video: str) -> None:
    writing = replace(windowed, output=OutputConfig(flow_flo=True))
    first = create_run(f"{tmp_path}/first", writing, "videos", [])
    segment(first, writing, "v", long_video)
    assert len(list(Path(first.file("flow", "v", "fwd_of")).iterdir())) == 13
    reading = replace(windowed, flow=FlowConfig(method="files", folder=first.file("flow")))
    second = create_run(f"{tmp_path}/second", reading, "videos", [])
    segment(second, reading, "v", long_video)
    assert second.read_frames("v") == first.read_frames("v")


def test_flow_weights_are_loaded_once_for_all_windows(
    tmp_path: Path, windowed: Config, long_video: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []

    class CountingRaft:
        def __init__(self, *arguments: object) -> None:
            events.append("loaded")

        def estimate(self, frames: np.ndarray) -> Flow:
            events.append(f"{len(frames)} frames")
            return estimate_dis(frames)

    monkeypatch.setattr(estimate, "Raft", CountingRaft)
    config = replace(windowed, flow=FlowConfig(method="raft_small", weights="unused.pth"))
    run = create_run(f"{tmp_path}/raft", config, "videos", [])
    assert segment(run, config, "v", long_video)["status"] == "ok"
    assert events == ["loaded", "9 frames", "6 frames"]
