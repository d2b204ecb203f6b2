"""The whole method on videos of several shots and windows."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from ike_ray import pipeline
from ike_ray.config import Config, FlowConfig
from ike_ray.datasets.synthetic import draw_clip
from ike_ray.errors import ExcludedError
from ike_ray.flow.estimate import build_flow_estimator
from ike_ray.flow.flo import write_flow_files
from ike_ray.metrics.jaccard import evaluate_jaccard
from ike_ray.records import Clip, Flow, SegmentedFrames, VideoRef
from ike_ray.settings import read_config
from ike_ray.timing import Stopwatch
from ike_ray.video.clip import WorkingFrame
from ike_ray.video.open import open_video
from ike_ray.video.write import write_video
from ike_ray.windows.window_segmenter import WindowSegmenter

CPU = torch.device("cpu")
# Windows of nine frames that share three.
SMALL = """
video: {working_size_px: [48, 64]}
network: {num_steps: 6}
graph: {published: {max_iterations: 4}}
windows: {max_nodes: 27648, overlap_frames: 3, num_steps: 3}
"""


@pytest.fixture
def config() -> Config:
    return read_config(SMALL)


def write_folder(folder: Path, *clips: np.ndarray) -> str:
    folder.mkdir()
    for index, frame in enumerate(frame for clip in clips for frame in clip):
        cv2.imwrite(str(folder / f"{index:05d}.png"), frame[..., ::-1])
    return str(folder)


def run(uri: str, config: Config) -> Iterator[SegmentedFrames]:
    estimate_flow = build_flow_estimator(config.flow, CPU)
    ref = VideoRef(video_id="v", uri=uri)
    return pipeline.segment_video(ref, config, estimate_flow=estimate_flow, device=CPU, stopwatch=Stopwatch())


def soft_masks(answers: list[SegmentedFrames]) -> np.ndarray:
    return np.concatenate([segmented.soft_masks for segmented in answers])


@pytest.fixture
def shots() -> tuple[np.ndarray, np.ndarray]:
    """A dark shot of one window and a bright one of two."""
    first = draw_clip(0, num_frames=7, height=64, width=96).frames // 2
    second = 127 + draw_clip(1, num_frames=13, height=64, width=96).frames // 2
    return first, second


def test_no_chain_crosses_a_boundary_of_shots(tmp_path: Path, config: Config, shots: tuple[np.ndarray, np.ndarray]) -> None:
    """Each shot of a video has, to the bit, the soft masks that it has as a video of its own."""
    joined = list(run(write_folder(tmp_path / "joined", *shots), config))
    alone = [list(run(write_folder(tmp_path / f"alone{i}", clip), config)) for i, clip in enumerate(shots)]
    assert [segmented.record.shot for segmented in joined] == [1, 2, 2]
    assert [len(answers) for answers in alone] == [1, 2]
    np.testing.assert_array_equal(soft_masks(joined), np.concatenate([soft_masks(answers) for answers in alone]))
    np.testing.assert_array_equal(joined[-1].thresholds, alone[1][-1].thresholds)
    one_shot = replace(config, shots=replace(config.shots, detector="none"))
    together = soft_masks(list(run(f"{tmp_path}/joined", one_shot)))
    assert not np.array_equal(together, soft_masks(joined))


def test_the_same_video_gives_the_same_masks(tmp_path: Path, config: Config, shots: tuple[np.ndarray, np.ndarray]) -> None:
    uri = write_folder(tmp_path / "v", shots[1])
    first, again = (soft_masks(list(run(uri, config))) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_windows_find_the_object_and_do_not_jump(tmp_path: Path) -> None:
    """Windows of 13 frames that share four, in 22: neighbouring frames agree at the seam as they do elsewhere."""
    text = "video: {working_size_px: [64, 96]}\nnetwork: {num_steps: 40}"
    config = read_config(text, ["windows.max_nodes=79872", "windows.overlap_frames=4", "windows.num_steps=15"])
    clip = draw_clip(0, num_frames=22, height=96, width=160)
    answers = list(run(write_folder(tmp_path / "v", clip.frames), config))
    assert [len(segmented.soft_masks) for segmented in answers] == [9, 13]
    masks = soft_masks(answers) > np.concatenate([segmented.thresholds for segmented in answers])[:, None, None]
    truths = np.stack([cv2.resize(mask.astype(np.uint8), (96, 64)) > 0 for mask in clip.masks])
    assert evaluate_jaccard(masks, truths).mean() > 0.7
    steps = evaluate_jaccard(masks[1:], masks[:-1])
    at_seam = np.arange(8, 13)  # from the last frame before the shared ones to the first after them
    assert steps[at_seam].min() > np.delete(steps, at_seam).min() - 0.05


def test_a_window_too_large_for_the_gpu_is_found_in_halves(tmp_path: Path) -> None:
    """The estimator stands in for a GPU on which flow of more than thirteen frames does not fit."""
    text = "video: {working_size_px: [64, 96]}"
    config = read_config(text, ["windows.max_nodes=135168", "windows.overlap_frames=4"])
    clip = draw_clip(0, num_frames=22, height=96, width=160)
    ref = VideoRef(video_id="v", uri=write_folder(tmp_path / "v", clip.frames))
    estimate = build_flow_estimator(config.flow, CPU)

    def estimate_on_small_gpu(part: Clip, video_id: str) -> Flow:
        if len(part.frames) > 13:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return estimate(part, video_id)

    whole = list(run(ref.uri, config))
    halves = list(pipeline.segment_video(ref, config, estimate_flow=estimate_on_small_gpu, device=CPU, stopwatch=Stopwatch()))
    assert [(segmented.record.window, segmented.record.is_half) for segmented in halves] == [(1, True), (2, True)]
    assert np.concatenate([segmented.clip.frame_indices for segmented in halves]).tolist() == list(range(22))
    assert evaluate_jaccard(soft_masks(halves) > 0.5, soft_masks(whole) > 0.5).mean() > 0.9


def test_progress_is_told_window_by_window(tmp_path: Path, config: Config, shots: tuple[np.ndarray, np.ndarray]) -> None:
    seen: list[int] = []
    ref = VideoRef(video_id="v", uri=write_folder(tmp_path / "v", *shots))
    estimate_flow = build_flow_estimator(config.flow, CPU)
    answers = pipeline.segment_video(
        ref, config, estimate_flow=estimate_flow, device=CPU, stopwatch=Stopwatch(), watch=seen.append
    )
    assert [(len(segmented.soft_masks), list(seen)) for segmented in answers] == [(7, [7]), (5, [7, 12]), (8, [7, 12, 20])]


def test_reading_stays_within_two_windows_of_what_is_done(
    tmp_path: Path, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    num_read = 0
    real = pipeline.read_frames

    def count(*arguments: object) -> Iterator[WorkingFrame]:
        nonlocal num_read
        for frame in real(*arguments):
            num_read += 1
            yield frame

    monkeypatch.setattr(pipeline, "read_frames", count)
    clip = draw_clip(2, num_frames=40, height=64, width=96)
    num_done = 0
    for segmented in run(write_folder(tmp_path / "v", clip.frames), config):
        # Two windows of nine share three frames, one frame more says that they are not all, shots are seen two ahead.
        assert num_read <= num_done + 2 * 9 - 3 + 1 + 2
        num_done += len(segmented.soft_masks)
    assert num_done == num_read == 40


@pytest.mark.parametrize("frames_ahead", [1, 5, 100])
def test_frames_that_a_thread_reads_give_the_same_masks(
    tmp_path: Path, config: Config, shots: tuple[np.ndarray, np.ndarray], frames_ahead: int
) -> None:
    uri = write_folder(tmp_path / "v", *shots)
    segmenter = WindowSegmenter(
        config,
        estimate_flow=lambda clip: build_flow_estimator(config.flow, CPU)(clip, "v"),
        device=CPU,
        stopwatch=Stopwatch(),
    )
    with open_video(uri, config.video) as reader:
        parts = list(pipeline.segment_frames(reader, config, segmenter, Stopwatch(), frames_ahead=frames_ahead))
    np.testing.assert_array_equal(soft_masks(parts), soft_masks(list(run(uri, config))))


def test_a_file_with_a_bad_packet_is_used_to_its_end(shared_data: Path) -> None:
    config = read_config(SMALL, ["windows.max_nodes=61440"])
    answers = list(run(str(shared_data / "videos_hostile" / "decord_corrupted.mp4"), config))
    assert [len(segmented.soft_masks) for segmented in answers] == [17, 15, 17]
    assert "1 of 50 packets cannot be decoded" in (answers[-1].clip.warning or "")


def test_flow_of_windows_is_read_back(tmp_path: Path, config: Config, shots: tuple[np.ndarray, np.ndarray]) -> None:
    config = replace(config, graph=replace(config.graph, far_gaps=()))  # files hold the flow of neighbours alone
    uri = write_folder(tmp_path / "v", *shots)
    answers = list(run(uri, config))
    for segmented in answers:
        write_flow_files(f"{tmp_path}/flow/v", segmented.flow_frame_indices, segmented.flow)
    assert len(list(tmp_path.rglob("*.flo"))) == 2 * (6 + 12)  # none across the boundary
    reading = replace(config, flow=FlowConfig(method="files", folder=f"{tmp_path}/flow"))
    np.testing.assert_array_equal(soft_masks(list(run(uri, reading))), soft_masks(answers))


def test_too_long_a_video_is_refused_before_any_work(tmp_path: Path, config: Config) -> None:
    write_video(f"{tmp_path}/v.mp4", draw_clip(0, num_frames=6, height=64, width=96).frames, 5.0)
    config = replace(config, video=replace(config.video, max_frames=5))
    with pytest.raises(ExcludedError):
        next(run(f"{tmp_path}/v.mp4", config))
