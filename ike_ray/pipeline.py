"""The whole method for one video on one screen: read frames, follow shots and windows, and in each find flow and cycles."""

from collections.abc import Callable, Generator
from contextlib import closing

import torch

from ike_ray.ahead import run_ahead
from ike_ray.config import Config
from ike_ray.flow.estimate import FlowEstimator
from ike_ray.records import SegmentedFrames, VideoRef
from ike_ray.timing import Stopwatch
from ike_ray.video.clip import build_clip, read_frames, refuse_long_video
from ike_ray.video.open import VideoReader, open_video
from ike_ray.video.shots import follow_shots
from ike_ray.windows.clip_models import NO_MODELS, ClipModels
from ike_ray.windows.halves import segment_in_memory
from ike_ray.windows.plan import follow_windows
from ike_ray.windows.window_segmenter import WindowSegmenter

_FRAMES_AHEAD = 64  # of a video of 854 x 480 they take 90 MB


def segment_video(
    ref: VideoRef,
    config: Config,
    *,
    estimate_flow: FlowEstimator,
    device: torch.device,
    stopwatch: Stopwatch,
    models: ClipModels = NO_MODELS,
    watch: Callable[[int], None] = lambda num_frames: None,
) -> Generator[SegmentedFrames]:
    """Yield the frames of one video in order, those of each window as soon as it is done.

    `refine.frames` makes masks of their soft masks. Memory is that of one window and of the frames that are read ahead of it,
    whatever the video's length. While a GPU finds a window, a thread reads more frames. `watch` is called after each window
    with the number of frames that are finished. `models` comes from `build_clip_models`.

    The function raises `InputError` if the video or its flow files cannot be read. It raises `ExcludedError`, before anything
    else, if the settings exclude the video.
    """
    with stopwatch.measure("read"):
        refuse_long_video(ref.uri, config.video)
    segment_window = WindowSegmenter(
        config,
        estimate_flow=lambda clip: estimate_flow(clip, ref.video_id),
        device=device,
        stopwatch=stopwatch,
        models=models,
    )
    num_frames, frames_ahead = 0, _FRAMES_AHEAD if device.type == "cuda" else 0
    with (
        open_video(ref.uri, config.video) as reader,
        closing(segment_frames(reader, config, segment_window, stopwatch, frames_ahead=frames_ahead)) as parts,
    ):
        for segmented in parts:
            num_frames += len(segmented.soft_masks)
            watch(num_frames)
            yield segmented


def segment_frames(
    reader: VideoReader,
    config: Config,
    segment_window: WindowSegmenter,
    stopwatch: Stopwatch,
    *,
    frames_ahead: int = 0,
) -> Generator[SegmentedFrames]:
    """Yield the frames of a video that is open, as `segment_video` does. `segment_window` has seen no other video.

    With `frames_ahead`, a thread reads as many frames more while a window is in work.

    A window for which the GPU has too little memory is segmented in two halves. If it has too little for a half, then
    `MemoryLimitError` is raised.
    """
    frames = follow_shots(read_frames(reader, config.video), config.shots)
    if frames_ahead:
        frames = run_ahead(frames, frames_ahead)
    with closing(frames):
        for window in follow_windows(stopwatch.measure_iterator("read", frames), config.windows):
            yield from segment_in_memory(
                window,
                build_clip=lambda members: build_clip(members, reader),
                segment_window=segment_window,
                overlap_frames=config.windows.overlap_frames,
            )
