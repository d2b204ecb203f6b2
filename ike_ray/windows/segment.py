"""The windows of a video, one after the other, each carrying over to the next one of its shot."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float

from ike_ray.config import Config
from ike_ray.cycle.run import CarriedOver, CycleResult, run_cycles
from ike_ray.records import Clip, Flow, SegmentedPart, WindowRecord
from ike_ray.timing import Stopwatch
from ike_ray.windows.fade import build_fade, build_faded
from ike_ray.windows.plan import Window


@dataclass(frozen=True, kw_only=True)
class WindowTail:
    """What the next window of the shot needs of this one; copies, so that the window itself can be forgotten."""

    carried: CarriedOver
    cut: float
    flow: Flow  # between the frames that both share


class WindowSegmenter:
    """Segments the windows of one video in order: call it with each. It holds no more than one window's tail."""

    def __init__(
        self, config: Config, *, estimate_flow: Callable[[Clip], Flow], device: torch.device, stopwatch: Stopwatch
    ) -> None:
        self._config = config
        self._estimate_flow = estimate_flow
        self._device = device
        self._stopwatch = stopwatch
        self._tail: WindowTail | None = None
        self._num_windows = 0

    def __call__(self, window: Window, clip: Clip) -> SegmentedPart:
        """The part of the video that `window` finishes; `clip` holds its frames."""
        self._num_windows += 1
        tail = self._tail if window.overlap_before else None
        with self._stopwatch.measure("flow"):
            flow = _estimate_flow(clip, tail.flow if tail else None, self._estimate_flow)
        result = run_cycles(
            clip.frames,
            flow,
            _choose_config(self._config, is_continued=tail is not None),
            device=self._device,
            stopwatch=self._stopwatch,
            carried=tail.carried if tail else None,
        )
        self._tail = _build_tail(result, flow, window.overlap_after) if window.overlap_after else None
        record = WindowRecord(
            window=self._num_windows, shot=window.shot, history=result.history, is_converged=result.is_converged
        )
        return _build_part(window, clip, flow, result, tail, record)


def _choose_config(config: Config, *, is_continued: bool) -> Config:
    if not is_continued:
        return config
    num_steps = config.windows.num_steps or config.network.num_steps
    return replace(
        config,
        network=replace(config.network, num_steps=num_steps),
        cycle=replace(config.cycle, max_cycles=config.windows.max_cycles),
    )


def _estimate_flow(clip: Clip, known: Flow | None, estimate_flow: Callable[[Clip], Flow]) -> Flow:
    """The flow of `clip`, whose first steps are `known`."""
    if known is None:
        return estimate_flow(clip)
    new = estimate_flow(_choose_frames(clip, slice(len(known.forward), None)))
    return Flow(forward=np.concatenate([known.forward, new.forward]), backward=np.concatenate([known.backward, new.backward]))


def _build_tail(result: CycleResult, flow: Flow, num_frames: int) -> WindowTail:
    shared_steps = slice(len(flow.forward) - (num_frames - 1), None)
    return WindowTail(
        carried=CarriedOver(network=result.network, soft_masks=result.last.answer[-num_frames:].copy()),
        cut=result.last.cut,
        flow=Flow(forward=flow.forward[shared_steps].copy(), backward=flow.backward[shared_steps].copy()),
    )


def _build_part(
    window: Window, clip: Clip, flow: Flow, result: CycleResult, tail: WindowTail | None, record: WindowRecord
) -> SegmentedPart:
    finished = slice(0, len(clip.frames) - window.overlap_after)
    soft_masks = result.last.answer[finished]
    if tail is not None:
        own, rest = soft_masks[: window.overlap_before], soft_masks[window.overlap_before :]
        soft_masks = np.concatenate([build_faded(tail.carried.soft_masks, own), rest])
    first_new_step = max(0, window.overlap_before - 1)
    return SegmentedPart(
        clip=_choose_frames(clip, finished),
        soft_masks=soft_masks,
        cuts=_build_cuts(len(soft_masks), result.last.cut, tail),
        flow=Flow(forward=flow.forward[first_new_step:], backward=flow.backward[first_new_step:]),
        flow_frame_indices=clip.frame_indices[first_new_step:],
        record=record,
    )


def _build_cuts(num_frames: int, cut: float, tail: WindowTail | None) -> Float[np.ndarray, " m"]:
    """The window's cut in every frame, faded from the last window's in the frames that both share."""
    cuts = np.full(num_frames, cut)
    if tail is not None:
        weights = build_fade(len(tail.carried.soft_masks))
        cuts[: len(weights)] = (1 - weights) * tail.cut + weights * cut
    return cuts


def _choose_frames(clip: Clip, chosen: slice) -> Clip:
    return replace(
        clip,
        frames=clip.frames[chosen],
        flow_frames=clip.flow_frames[chosen],
        frame_indices=clip.frame_indices[chosen],
        timestamps_s=clip.timestamps_s[chosen],
    )
