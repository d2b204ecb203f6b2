"""One video, the whole method on one screen: read, flow, cycles, cut. No Ray, no files written."""

import torch

from ike_ray.config import Config
from ike_ray.cycle.run import run_cycles
from ike_ray.flow.estimate import FlowEstimator
from ike_ray.records import SegmentedVideo, VideoRef
from ike_ray.timing import Stopwatch
from ike_ray.video.clip import read_clip


def segment_video(
    ref: VideoRef, config: Config, *, estimate_flow: FlowEstimator, device: torch.device, stopwatch: Stopwatch
) -> SegmentedVideo:
    """The soft masks of one video and the cut that makes masks of them; `refine.frames` brings them to its own size.

    Raises `InputError` where the video or its flow files cannot be read, `ExcludedError` where the settings exclude it.
    """
    with stopwatch.measure("read"):
        clip = read_clip(ref.uri, config.video)
    with stopwatch.measure("flow"):
        flow = estimate_flow(clip, ref.video_id)
    result = run_cycles(clip.frames, flow, config, device=device, stopwatch=stopwatch)
    return SegmentedVideo(
        clip=clip,
        flow=flow,
        soft_masks=result.last.answer,
        cut=result.last.cut,
        history=result.history,
        is_converged=result.is_converged,
    )
