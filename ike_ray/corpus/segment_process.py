"""The method on one video, from reading it to everything that a run keeps of it but the outcome row."""

from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict
from typing import Any

from ike_ray.ahead import run_ahead
from ike_ray.config import Config
from ike_ray.corpus.device import choose_device
from ike_ray.engine.job import Answer, SignOfLife
from ike_ray.flow.estimate import build_flow_estimator
from ike_ray.pipeline import segment_video
from ike_ray.profiling import open_profiler
from ike_ray.records import VideoRef
from ike_ray.refine.frames import refine_frames
from ike_ray.run.folder import RunFolder
from ike_ray.run.rows import describe_segmented
from ike_ray.run.tiles import TileKeeper
from ike_ray.run.write import write_part, write_whole
from ike_ray.timing import Stopwatch
from ike_ray.video.stage import stage_video
from ike_ray.windows.clip_models import build_clip_models


class SegmentProcess:
    """Loads once, and then segments a group of videos, mostly one, in each call."""

    def __init__(self, run: RunFolder, config: Config, *, is_ahead: bool | None = None) -> None:
        """Load the networks.

        With `is_ahead`, a window is found while the one before it is written. None: only if a GPU finds it, so that it does
        not wait for cores. The masks are the same.
        """
        self._run, self._config = run, config
        self._device = choose_device(config.workers)
        self._is_ahead = self._device.type == "cuda" if is_ahead is None else is_ahead
        self._estimate_flow = build_flow_estimator(config.flow, self._device)
        self._models = build_clip_models(config, self._device)

    def __call__(self, refs: Sequence[VideoRef], sign_of_life: SignOfLife) -> list[Answer]:
        """Segment videos and write their frame rows and pictures. Raises `InputError`, `TransientError`."""
        return [self._segment_profiled(ref, sign_of_life) for ref in refs]

    def _segment_profiled(self, ref: VideoRef, sign_of_life: SignOfLife) -> dict[str, Any]:
        if not self._config.output.profile:
            return self._segment(ref, sign_of_life, Stopwatch(), Stopwatch(), is_ahead=self._is_ahead)
        with open_profiler(self._device) as profiler:
            # Nothing is written beside a window, since the profiler counts what the whole process takes.
            columns = self._segment(ref, sign_of_life, Stopwatch(profiler), Stopwatch(profiler), is_ahead=False)
            return columns | {"profile": [asdict(stage) for stage in profiler.list_stages()]}

    def _segment(
        self, ref: VideoRef, sign_of_life: SignOfLife, finding: Stopwatch, keeping: Stopwatch, *, is_ahead: bool
    ) -> dict[str, Any]:
        """Return the columns of the outcome row. With `is_ahead`, a window is found while the one before it is written."""
        config, rows, windows = self._config, [], []
        tile_keeper = TileKeeper(config.output.strip_frames)
        with ExitStack() as stack:
            with keeping.measure("read"):
                staged = stack.enter_context(stage_video(ref, config.video))
            sign_of_life()
            parts = segment_video(
                staged,
                config,
                estimate_flow=self._estimate_flow,
                device=self._device,
                stopwatch=finding,
                models=self._models,
                watch=lambda num_frames: sign_of_life(),
            )
            for part in stack.enter_context(closing(run_ahead(parts, 1) if is_ahead else parts)):
                masks = keeping.measure_iterator("refine", refine_frames(part, config.refine))
                with keeping.measure("write"):  # which pauses while a mask is made
                    rows += write_part(self._run, part, config.output, ref=staged, masks=tile_keeper.watch(part, masks))
                windows.append(part.record)
            with keeping.measure("write"):
                tiles = tile_keeper.list_tiles()
                write_whole(self._run, rows, tiles, config.output, ref=staged, fps=part.clip.fps, video_config=config.video)
        stages = {f"seconds_{stage}": seconds + keeping.seconds[stage] for stage, seconds in finding.seconds.items()}
        return describe_segmented(windows, rows, tiles, part.clip) | stages
