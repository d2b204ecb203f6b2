"""A window that the GPU has too little memory for is segmented in two halves."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import torch

from ike_ray.errors import MemoryLimitError
from ike_ray.records import Clip, SegmentedFrames
from ike_ray.video.clip import WorkingFrame
from ike_ray.windows.plan import Window, halve_window

logger = logging.getLogger(__name__)


def segment_in_memory(
    window: Window,
    *,
    build_clip: Callable[[Sequence[WorkingFrame]], Clip],
    segment_window: Callable[[Window, Clip], SegmentedFrames],
    overlap_frames: int,
) -> Iterator[SegmentedFrames]:
    """Yield the frames that `window` finishes, in two parts if the GPU has too little memory for all of them.

    The halves share `overlap_frames`, and their records say `is_half`. `MemoryLimitError` is raised if the memory is too
    small for a half, too, or if the window is too short for halves.
    """
    first_error = None
    try:
        segmented = segment_window(window, build_clip(window.frames))
    except torch.OutOfMemoryError as error:
        first_error = str(error)
    if first_error is None:
        yield segmented
        return
    # Out of the `except`, whose traceback held the window's tensors.
    halves = halve_window(window, overlap_frames)
    if not halves:
        raise MemoryLimitError(_build_message(window, first_error))
    first, last = window.frames[0].index, window.frames[-1].index
    logger.warning(
        "frames %d to %d are segmented in two halves, since the GPU has too little memory: %s", first, last, first_error
    )
    for half in halves:
        torch.cuda.empty_cache()
        try:
            segmented = segment_window(half, build_clip(half.frames))
        except torch.OutOfMemoryError as error:
            raise MemoryLimitError(_build_message(half, str(error))) from error
        yield replace(segmented, record=replace(segmented.record, is_half=True))


def _build_message(window: Window, error: str) -> str:
    height, width = window.frames[0].image.shape[:2]
    return (
        f"cannot segment frames {window.frames[0].index} to {window.frames[-1].index} at {height} x {width}: expected a GPU "
        f"with memory for {len(window.frames)} of them at once, found: {error} Lower windows.max_nodes or "
        "video.flow_area_px, or raise workers.num_gpus, so that fewer workers share a GPU"
    )
