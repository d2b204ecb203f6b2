"""A student on one video, from reading it to everything that a run keeps of it but the outcome row."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import torch

from ike_ray.config import PredictRunConfig, VideoConfig
from ike_ray.corpus.device import choose_device
from ike_ray.engine.job import Answer, SignOfLife
from ike_ray.profiling import open_profiler
from ike_ray.records import VideoRef, WindowRecord
from ike_ray.run.folder import RunFolder
from ike_ray.run.rows import build_frame_row, describe_frames
from ike_ray.run.tiles import TileKeeper, render_student_tile
from ike_ray.run.write import write_masks, write_whole
from ike_ray.student.masks import build_frame_mask
from ike_ray.student.predict import predict_probabilities
from ike_ray.student.read import Student, read_same_student
from ike_ray.timing import Stopwatch
from ike_ray.video.clip import WorkingFrame, read_frames, refuse_long_video
from ike_ray.video.open import open_video
from ike_ray.video.stage import stage_video

# A student sees single frames, so that a video is one shot in one window.
_WINDOW = WindowRecord(window=1, shot=1, history=(), is_converged=True)


class PredictProcess:
    """Loads once, and then finds the objects of a group of videos, mostly one, in each call."""

    def __init__(self, run: RunFolder, config: PredictRunConfig) -> None:
        """Load the student. Raises `ConfigError` if the machine lacks a GPU, and otherwise like `read_same_student`."""
        self._run, self._config = run, config
        self._device = choose_device(config.workers)
        student = read_same_student(config.model, config.weights_digest)
        self._network = student.network.to(self._device)
        self._video = choose_video_config(config, student)

    def __call__(self, refs: Sequence[VideoRef], sign_of_life: SignOfLife) -> list[Answer]:
        """Write the frame rows and pictures of videos. Raises `InputError`, `TransientError`."""
        return [self._predict_profiled(ref, sign_of_life) for ref in refs]

    def _predict_profiled(self, ref: VideoRef, sign_of_life: SignOfLife) -> dict[str, Any]:
        if not self._config.output.profile:
            return self._predict(ref, sign_of_life, Stopwatch())
        with open_profiler(self._device) as profiler:
            columns = self._predict(ref, sign_of_life, Stopwatch(profiler))
            return columns | {"profile": [asdict(stage) for stage in profiler.list_stages()]}

    def _predict(self, ref: VideoRef, sign_of_life: SignOfLife, stopwatch: Stopwatch) -> dict[str, Any]:
        keeper = TileKeeper(self._config.output.strip_frames)
        rows: list[dict[str, Any]] = []
        with ExitStack() as stack:
            with stopwatch.measure("read"):
                staged = stack.enter_context(stage_video(ref, self._video))
                refuse_long_video(staged.uri, self._video)
            sign_of_life()
            with open_video(staged.uri, self._video) as reader:
                frames = stopwatch.measure_iterator("read", read_frames(reader, self._video))
                for batch in _split(frames, self._config.batch_size):
                    rows += self._find(ref, batch, stopwatch, keeper)
                    last = batch[-1]
                    sign_of_life()
                fps, warning = reader.fps, reader.warning
            with stopwatch.measure("write"):
                tiles = keeper.list_tiles()
                output = self._config.output
                write_whole(self._run, rows, tiles, output, ref=staged, fps=fps, video_config=self._video)
        stages = {f"seconds_{stage}": seconds for stage, seconds in stopwatch.seconds.items()}
        return describe_frames(rows, tiles, height=last.height, width=last.width, fps=fps, warning=warning) | stages

    def _find(
        self, ref: VideoRef, batch: list[WorkingFrame], stopwatch: Stopwatch, keeper: TileKeeper
    ) -> Iterator[dict[str, Any]]:
        """Yield the rows of some frames, and write the pictures that `output` asks for."""
        config = self._config
        with stopwatch.measure("network"):
            images = torch.from_numpy(np.stack([frame.image for frame in batch])).to(self._device)
            probabilities = predict_probabilities(self._network, images, config.precision).cpu().numpy()
        for frame, classes in zip(batch, probabilities, strict=True):
            with stopwatch.measure("refine"):
                mask = build_frame_mask(frame, classes, config.masks)
            with stopwatch.measure("write"):
                keeper.add(partial(render_student_tile, frame.flow_image, mask))
                write_masks(self._run, self._run.video_name(ref.video_id), mask, config.output)
                yield build_frame_row(ref.video_id, mask, _WINDOW)


def choose_video_config(config: PredictRunConfig, student: Student) -> VideoConfig:
    """Return the settings of reading, with the size that the student sees."""
    return replace(config.video, working_size_px=None, working_area_px=student.config.area_px)


def _split(frames: Iterable[WorkingFrame], size: int) -> Iterator[list[WorkingFrame]]:
    iterator = iter(frames)
    while batch := list(islice(iterator, size)):
        yield batch
