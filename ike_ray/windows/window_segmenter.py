"""Segment the windows of a video one after the other. Each carries over to the next one of its shot."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8

from ike_ray.ahead import run_beside
from ike_ray.config import Config
from ike_ray.cycle.known import CarriedOver, Known
from ike_ray.cycle.run import CycleResult, run_cycles
from ike_ray.cycle.witnesses import choose_far_gaps, estimate_saliencies
from ike_ray.flow.far import estimate_far_flows
from ike_ray.records import Clip, Flow, Layers, SegmentedFrames, WindowRecord
from ike_ray.refine.object_numbers import follow_objects, match_objects
from ike_ray.timing import Stopwatch
from ike_ray.windows.clip_models import NO_MODELS, ClipModels
from ike_ray.windows.fade import build_fade, build_faded
from ike_ray.windows.plan import Window

# The most cycles in a window that continues a shot: its first graph already has the carried network's map as its cue.
_MAX_CYCLES_CONTINUED = 1


@dataclass(frozen=True, kw_only=True)
class WindowTail:
    """What the next window of the shot needs of this one. It holds copies, so that the window itself can be forgotten."""

    carried: CarriedOver
    thresholds: Float[np.ndarray, " o"]
    confidences: Float[np.ndarray, " o"]
    flow: Flow  # between the frames that both windows share
    objects: UInt8[np.ndarray, "o h w"] | None  # in the frames that both windows share


class WindowSegmenter:
    """Segments the windows of one video in order. Call it with each window. It holds no more than one window's tail."""

    def __init__(
        self,
        config: Config,
        *,
        estimate_flow: Callable[[Clip], Flow],
        device: torch.device,
        stopwatch: Stopwatch,
        models: ClipModels = NO_MODELS,
        is_beside: bool | None = None,
    ) -> None:
        """Segment with these settings and models.

        With `is_beside`, a thread estimates saliency while flow is found. None: only if a GPU finds flow, which leaves a core
        free. The masks are the same.
        """
        self._is_beside = device.type == "cuda" if is_beside is None else is_beside
        self._config = config
        self._estimate_flow = estimate_flow
        self._models = models
        self._device = device
        self._stopwatch = stopwatch
        self._tail: WindowTail | None = None
        self._num_windows = 0
        self._num_objects = 0  # the highest number that an object of the video has

    def __call__(self, window: Window, clip: Clip) -> SegmentedFrames:
        """Return the frames of the video that `window` finishes. `clip` holds the window's frames.

        If this raises, then nothing of the window is remembered, and it can be given again, or its halves.
        """
        with self._begin_saliency(clip) as wait_for_saliency:
            return self._segment(window, clip, wait_for_saliency)

    def _begin_saliency(self, clip: Clip) -> AbstractContextManager[Callable[[], Float32[np.ndarray, "s h w"]] | None]:
        stride = self._config.graph.saliency_stride
        if not self._is_beside or stride is None or len(clip.frames) == 1:
            return nullcontext()
        return run_beside(partial(estimate_saliencies, clip.frames, stride))

    def _segment(
        self, window: Window, clip: Clip, wait_for_saliency: Callable[[], Float32[np.ndarray, "s h w"]] | None
    ) -> SegmentedFrames:
        tail = self._tail if window.overlap_before else None
        with self._stopwatch.measure("flow"):
            flow = _estimate_flow(clip, tail.flow if tail else None, self._estimate_flow)
            far_flows = estimate_far_flows(clip, choose_far_gaps(self._config), flow, self._estimate_flow)
        with self._stopwatch.measure("network"):
            second_cue = self._models.find_second_cue(clip.frames) if self._models.find_second_cue else None
        features = None
        if self._models.find_features:
            with self._stopwatch.measure("features"):
                features = self._models.find_features(clip.flow_frames)
        result = run_cycles(
            clip.frames,
            flow,
            _choose_config(self._config, is_continued=tail is not None),
            device=self._device,
            stopwatch=self._stopwatch,
            known=Known(
                carried=tail.carried if tail else None,
                far_flows=far_flows,
                second_cue=second_cue,
                features=features,
                wait_for_saliency=wait_for_saliency,
            ),
        )
        objects = self._follow_objects(result, flow, tail)
        self._tail = _build_tail(result, flow, objects, window.overlap_after) if window.overlap_after else None
        self._num_windows += 1
        record = WindowRecord(
            window=self._num_windows, shot=window.shot, history=result.history, is_converged=result.is_converged
        )
        return _build_segmented(window, clip, flow, result, objects, tail, record)

    def _follow_objects(self, result: CycleResult, flow: Flow, tail: WindowTail | None) -> UInt8[np.ndarray, "m h w"] | None:
        """Return the objects of a window, numbered as in the whole video, or None if the mask is one object."""
        if self._config.objects.max_objects == 1:
            return None
        with self._stopwatch.measure("refine"):
            answer = result.last.answer
            objects = follow_objects(answer > result.last.threshold, flow, self._config.objects)
            known = answer[:0].astype(np.uint8) if tail is None or tail.objects is None else tail.objects
            objects = match_objects(objects, known, self._num_objects)
        self._num_objects = max(self._num_objects, int(objects.max()))
        return objects


def _choose_config(config: Config, *, is_continued: bool) -> Config:
    if not is_continued:
        return config
    num_steps = config.windows.num_steps or config.network.num_steps
    return replace(
        config,
        network=replace(config.network, num_steps=num_steps),
        cycle=replace(config.cycle, max_cycles=min(config.cycle.max_cycles, _MAX_CYCLES_CONTINUED)),
    )


def _estimate_flow(clip: Clip, known: Flow | None, estimate_flow: Callable[[Clip], Flow]) -> Flow:
    """Return the flow of `clip`, whose first steps are `known`."""
    if known is None:
        return estimate_flow(clip)
    new = estimate_flow(clip.choose_frames(slice(len(known.forward), None)))
    return Flow(forward=np.concatenate([known.forward, new.forward]), backward=np.concatenate([known.backward, new.backward]))


def _build_tail(result: CycleResult, flow: Flow, objects: UInt8[np.ndarray, "m h w"] | None, num_frames: int) -> WindowTail:
    shared_steps = slice(len(flow.forward) - (num_frames - 1), None)
    return WindowTail(
        carried=CarriedOver(network=result.network, soft_masks=result.last.answer[-num_frames:].copy()),
        thresholds=np.full(num_frames, result.last.threshold),
        confidences=result.last.confidences[-num_frames:].copy(),
        flow=Flow(forward=flow.forward[shared_steps].copy(), backward=flow.backward[shared_steps].copy()),
        objects=None if objects is None else objects[-num_frames:].copy(),
    )


def _build_segmented(
    window: Window,
    clip: Clip,
    flow: Flow,
    result: CycleResult,
    objects: UInt8[np.ndarray, "m h w"] | None,
    tail: WindowTail | None,
    record: WindowRecord,
) -> SegmentedFrames:
    finished = slice(0, len(clip.frames) - window.overlap_after)
    soft_masks = result.last.answer[finished]
    if tail is not None:
        own, rest = soft_masks[: window.overlap_before], soft_masks[window.overlap_before :]
        soft_masks = np.concatenate([build_faded(tail.carried.soft_masks, own), rest])
    first_new_step = max(0, window.overlap_before - 1)
    return SegmentedFrames(
        clip=clip.choose_frames(finished),
        soft_masks=soft_masks,
        thresholds=_build_faded_values(np.full(len(soft_masks), result.last.threshold), tail.thresholds if tail else None),
        objects=None if objects is None else objects[finished],
        confidences=_build_faded_values(result.last.confidences[finished], tail.confidences if tail else None),
        flow=Flow(forward=flow.forward[first_new_step:], backward=flow.backward[first_new_step:]),
        flow_frame_indices=clip.frame_indices[first_new_step:],
        layers=Layers(
            motion=_build_motion(flow)[finished],
            graph=result.last.graph[finished],
            cue=result.last.cue[finished],
        ),
        record=record,
    )


def _build_motion(flow: Flow) -> Float32[np.ndarray, "m h w 2"]:
    """Return the flow from each frame to the next, and from the last the opposite of the flow back. One frame has none."""
    last = -flow.backward[-1:] if len(flow.backward) else np.zeros((1, *flow.forward.shape[1:]), np.float32)
    return np.concatenate([flow.forward, last])


def _build_faded_values(values: Float[np.ndarray, " m"], before: Float[np.ndarray, " o"] | None) -> Float[np.ndarray, " m"]:
    """Return one number for each frame, faded from those of the last window in the frames that both share."""
    faded = values.copy()
    if before is not None:
        weights = build_fade(len(before))
        faded[: len(before)] = (1 - weights) * before + weights * values[: len(before)]
    return faded
