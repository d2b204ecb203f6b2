"""What passes from window to window, with a stand-in for the cycles whose answers are easy to follow."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from ike_ray.config import Config, GraphConfig, ObjectsConfig
from ike_ray.cycle import witnesses
from ike_ray.cycle.known import Known
from ike_ray.cycle.run import CycleMaps, CycleResult
from ike_ray.datasets.synthetic import draw_clip
from ike_ray.flow.dis import estimate_dis
from ike_ray.records import Clip, CycleRecord, Flow, SecondCue, SegmentedFrames
from ike_ray.refine.feature_model import PatchFeatures
from ike_ray.settings import read_config
from ike_ray.timing import Stopwatch
from ike_ray.video.clip import WorkingFrame
from ike_ray.windows import window_segmenter
from ike_ray.windows.clip_models import NO_MODELS, ClipModels
from ike_ray.windows.plan import Window, follow_windows
from ike_ray.windows.window_segmenter import WindowSegmenter

CONFIG = read_config(
    "video: {working_size_px: [32, 32]}\nwindows: {max_nodes: 9216, overlap_frames: 3, num_steps: 7}\n"
    "cycle: {max_cycles: 2}\ngraph: {far_gaps: []}"
)


class Cycles:
    """The answer of the k-th window is k / 10 everywhere, its threshold k / 100; it remembers what it was given."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.networks: list[nn.Module] = []

    def __call__(self, frames: np.ndarray, flow: Flow, config: Config, *, known: Known, **rest: object) -> CycleResult:
        self.calls.append(
            {
                "frames": frames,
                "flow": flow,
                "config": config,
                "carried": known.carried,
                "far": known.far_flows,
                "second": known.second_cue,
                "features": known.features,
                "saliency": known.wait_for_saliency,
            }
        )
        self.networks.append(nn.Identity())
        number = len(self.calls)
        maps = np.full(frames.shape[:3], number / 10, np.float32)
        record = CycleRecord(
            cycle=1,
            mask_iou=None,
            graph_network_iou=1.0,
            confidence=1.0,
            graph_movement=0.0,
            area_fraction=0.0,
            graph_s=0.0,
            network_s=0.0,
        )
        confidences = np.full(len(maps), number / 5)
        kept = CycleMaps(
            graph=maps,
            labels=maps,
            network_map=maps,
            cue=maps,
            answer=maps,
            threshold=number / 100,
            confidences=confidences,
            record=record,
        )
        return CycleResult(last=kept, network=self.networks[-1], history=(record,), is_converged=False)


@pytest.fixture
def cycles(monkeypatch: pytest.MonkeyPatch) -> Cycles:
    stand_in = Cycles()
    monkeypatch.setattr(window_segmenter, "run_cycles", stand_in)
    return stand_in


def estimate_index_flow(clip: Clip) -> Flow:
    """The flow of each step is the index of the frame it starts or ends at."""
    steps = np.broadcast_to(clip.frame_indices[:-1, None, None, None], (len(clip.frames) - 1, 32, 32, 2))
    return Flow(forward=steps.astype(np.float32), backward=steps.astype(np.float32) + 1)


def estimate_still_flow(clip: Clip) -> Flow:
    """The camera stands still, and the flow of the first pixel is the index of the frame that the step starts at."""
    flow = estimate_no_flow(clip)
    flow.forward[:, 0, 0, 0] = clip.frame_indices[:-1]
    return flow


def estimate_no_flow(clip: Clip) -> Flow:
    steps = np.zeros((len(clip.frames) - 1, 32, 32, 2), np.float32)
    return Flow(forward=steps, backward=steps.copy())


def run(
    *shot_lengths: int,
    estimate_flow: Callable[[Clip], Flow] = estimate_index_flow,
    models: ClipModels = NO_MODELS,
    config: Config = CONFIG,
    is_beside: bool | None = None,
) -> list[SegmentedFrames]:
    shots = [shot for shot, length in enumerate(shot_lengths, start=1) for _ in range(length)]
    image = np.zeros((32, 32, 3), np.uint8)
    frames = [
        (shot, WorkingFrame(index=i, timestamp_s=i / 10, image=image, flow_image=image, height=32, width=32))
        for i, shot in enumerate(shots)
    ]
    segment_window = WindowSegmenter(
        config,
        estimate_flow=estimate_flow,
        device=torch.device("cpu"),
        stopwatch=Stopwatch(),
        models=models,
        is_beside=is_beside,
    )
    return [segment_window(window, build(window)) for window in follow_windows(iter(frames), CONFIG.windows)]


def build(window: Window) -> Clip:
    return Clip(
        frames=np.stack([frame.image for frame in window.frames]),
        flow_frames=np.stack([frame.image for frame in window.frames]),
        frame_indices=np.array([frame.index for frame in window.frames]),
        timestamps_s=np.array([frame.timestamp_s for frame in window.frames]),
        height=32,
        width=32,
        fps=None,
    )


def test_windows_follow_each_other_and_fade(cycles: Cycles) -> None:
    """Twelve frames as windows 0 to 7 and 5 to 11: 5, 6 and 7 belong to both."""
    answers = run(12)
    assert [segmented.clip.frame_indices.tolist() for segmented in answers] == [list(range(5)), list(range(5, 12))]
    np.testing.assert_allclose(answers[0].soft_masks[:, 3, 4], 0.1)
    np.testing.assert_allclose(answers[1].soft_masks[:, 3, 4], [0.125, 0.15, 0.175, 0.2, 0.2, 0.2, 0.2])
    np.testing.assert_allclose(answers[1].thresholds, [0.0125, 0.015, 0.0175, 0.02, 0.02, 0.02, 0.02])
    np.testing.assert_allclose(answers[1].confidences, [0.25, 0.3, 0.35, 0.4, 0.4, 0.4, 0.4])
    assert [segmented.record.window for segmented in answers] == [1, 2]
    assert [segmented.objects for segmented in answers] == [None, None]


def test_a_window_has_the_layers_of_its_own_frames(cycles: Cycles) -> None:
    """Flow starts at the frame's index; after a shot's last frame there is none, so it is the way from the one before."""
    answers = run(12, 1)
    assert [segmented.layers.motion[:, 0, 0, 0].tolist() for segmented in answers] == [
        [0, 1, 2, 3, 4],
        [5, 6, 7, 8, 9, 10, -11],  # the flow back from the last frame is its index, 11
        [0],
    ]
    assert [len(segmented.layers.graph) for segmented in answers] == [5, 7, 1]
    np.testing.assert_allclose(answers[1].layers.cue, 0.2)  # not faded


def test_objects_keep_their_numbers_in_a_shot_and_get_new_ones_in_the_next(cycles: Cycles) -> None:
    """The stand-in's mask is the whole frame: one object a shot."""
    config = replace(CONFIG, objects=ObjectsConfig(max_objects=3))
    answers = run(12, 4, config=config, estimate_flow=estimate_no_flow)
    assert [np.unique(segmented.objects).tolist() for segmented in answers] == [[1], [1], [2]]
    assert [len(segmented.objects) for segmented in answers] == [5, 7, 4]


def test_a_window_hands_on_its_network_and_answer(cycles: Cycles) -> None:
    run(12)
    assert cycles.calls[0]["carried"] is None
    carried = cycles.calls[1]["carried"]
    assert carried.network is cycles.networks[0]
    np.testing.assert_allclose(carried.soft_masks, np.full((3, 32, 32), 0.1))
    configs = [call["config"] for call in cycles.calls]
    assert [config.network.num_steps for config in configs] == [120, 7]
    assert [config.cycle.max_cycles for config in configs] == [2, 1]


@pytest.mark.parametrize(("max_cycles", "expected"), [(2, [2, 1]), (1, [1, 1]), (0, [0, 0])])
def test_a_window_that_continues_a_shot_has_one_cycle_and_no_more_than_the_first(
    cycles: Cycles, max_cycles: int, expected: list[int]
) -> None:
    run(12, config=replace(CONFIG, cycle=replace(CONFIG.cycle, max_cycles=max_cycles)))
    assert [call["config"].cycle.max_cycles for call in cycles.calls] == expected


def test_each_window_has_its_own_second_cue(cycles: Cycles) -> None:
    run(12)
    assert [call["second"] for call in cycles.calls] == [None, None]
    asked: list[int] = []

    def find(frames: np.ndarray) -> SecondCue:
        asked.append(len(frames))
        return SecondCue(soft_masks=np.full(frames.shape[:3], len(asked), np.float32), weight=0.5)

    run(12, models=ClipModels(find_second_cue=find))
    assert asked == [8, 7]
    assert [call["second"].soft_masks.max() for call in cycles.calls[2:]] == [1, 2]


def test_each_window_has_features_of_its_own_flow_frames(cycles: Cycles) -> None:
    asked: list[int] = []

    def find(frames: np.ndarray) -> PatchFeatures:
        asked.append(len(frames))
        return PatchFeatures(maps=torch.full((len(frames), 2, 2, 3), float(len(asked))))

    run(12)
    run(12, models=ClipModels(find_features=find))
    assert asked == [8, 7]
    assert [call["features"] for call in cycles.calls[:2]] == [None, None]
    assert [call["features"].maps.max() for call in cycles.calls[2:]] == [1, 2]


def test_nothing_crosses_a_boundary_of_shots(cycles: Cycles) -> None:
    answers = run(4, 1, 12)
    assert [call["carried"] is None for call in cycles.calls] == [True, True, True, False]
    assert [call["config"].network.num_steps for call in cycles.calls] == [120, 120, 120, 7]
    assert [(segmented.record.shot, segmented.record.window) for segmented in answers] == [(1, 1), (2, 2), (3, 3), (3, 4)]
    assert [segmented.flow_frame_indices.tolist() for segmented in answers[:2]] == [[0, 1, 2, 3], [4]]
    np.testing.assert_allclose(answers[2].soft_masks[:, 0, 0], 0.3)


def test_each_window_knows_the_flow_over_the_gaps_that_fit(cycles: Cycles) -> None:
    """Windows of eight, seven and two frames: a gap of four frames fits the first alone, and one of three the first two."""
    config = replace(CONFIG, graph=GraphConfig(far_gaps=(3, 4)))
    run(12, 2, config=config, estimate_flow=estimate_still_flow)
    assert [[far.gap for far in call["far"]] for call in cycles.calls] == [[3, 4], [3], []]
    steps = [flow.forward[:, 0, 0, 0].tolist() for flow in cycles.calls[1]["far"][0].flows]
    assert steps == [[5, 8], [6], [7]]  # the second window begins at frame 5


def test_each_step_of_a_shot_is_estimated_once(cycles: Cycles) -> None:
    asked: list[list[int]] = []

    def estimate(clip: Clip) -> Flow:
        asked.append(clip.frame_indices.tolist())
        return estimate_index_flow(clip)

    answers = run(20, estimate_flow=estimate)
    assert asked == [list(range(9)), list(range(8, 15)), list(range(14, 20))]
    for call in cycles.calls:  # whether known or new, the step is where it belongs
        starts = call["flow"].forward[:, 0, 0, 0]
        np.testing.assert_array_equal(np.diff(starts), 1)
        np.testing.assert_array_equal(call["flow"].backward[:, 0, 0, 0], starts + 1)
        assert len(starts) == len(call["frames"]) - 1
    assert [segmented.flow_frame_indices.tolist() for segmented in answers] == asked
    np.testing.assert_array_equal(answers[1].flow.forward[:, 0, 0, 0], range(8, 14))


def test_saliency_is_estimated_while_flow_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Flow waits here until saliency was begun, and the masks are those of a segmenter that does one after the other."""
    begun = threading.Event()

    def begin(frames: np.ndarray, stride: int) -> np.ndarray:
        begun.set()
        return witnesses.estimate_saliencies(frames, stride)

    def estimate_flow(clip: Clip) -> Flow:
        assert begun.wait(30.0)
        return estimate_dis(clip.flow_frames)

    def segment(*, is_beside: bool) -> SegmentedFrames:
        segment_window = WindowSegmenter(
            read_config("graph: {far_gaps: [], saliency_stride: 2}"),
            estimate_flow=estimate_flow,
            device=torch.device("cpu"),
            stopwatch=Stopwatch(),
            is_beside=is_beside,
        )
        return segment_window(window, clip)

    drawn = draw_clip(0, num_frames=4, height=64, width=96)
    frames = tuple(
        WorkingFrame(index=i, timestamp_s=i / 10, image=frame, flow_image=frame, height=64, width=96)
        for i, frame in enumerate(drawn.frames)
    )
    window = Window(shot=1, frames=frames, overlap_before=0, overlap_after=0)
    clip = build(window)
    monkeypatch.setattr(window_segmenter, "estimate_saliencies", begin)
    beside = segment(is_beside=True)
    monkeypatch.undo()
    np.testing.assert_array_equal(beside.soft_masks, segment(is_beside=False).soft_masks)
    assert beside.soft_masks.any()


def test_saliency_is_not_begun_if_nobody_asks_for_it(cycles: Cycles) -> None:
    run(12)
    run(1, is_beside=True)  # a single frame has none
    run(12, config=replace(CONFIG, graph=replace(CONFIG.graph, saliency_stride=None)), is_beside=True)
    assert all(call["saliency"] is None for call in cycles.calls)
    run(12, is_beside=True)
    assert [call["saliency"]().shape for call in cycles.calls[-2:]] == [(2, 32, 32), (2, 32, 32)]  # 8 and 7 frames, every 5th
