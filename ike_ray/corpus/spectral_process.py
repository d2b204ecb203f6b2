"""Deep Spectral Methods on a group of images or videos, from reading to everything that a run keeps but outcome rows."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from statistics import fmean
from typing import Any

import numpy as np
from jaxtyping import UInt8

from ike_ray.config import SpectralRunConfig
from ike_ray.corpus.device import choose_device
from ike_ray.engine.job import Answer, SignOfLife
from ike_ray.errors import ConfigError, IkeRayError, InputError
from ike_ray.masks.png import build_rgba_png
from ike_ray.profiling import open_profiler
from ike_ray.records import FrameMask, Stage, VideoRef, WindowRecord
from ike_ray.run.folder import RunFolder
from ike_ray.run.rows import build_frame_row
from ike_ray.run.tiles import TileKeeper, build_jpeg, render_eigen_tile
from ike_ray.run.write import write_masks, write_whole
from ike_ray.spectral.image_segmenter import THRESHOLD, ImageSegmenter, SegmentedImage, choose_batch_size
from ike_ray.spectral.matte import Matte, build_composite, build_cutout
from ike_ray.storage.files import read_bytes
from ike_ray.timing import Stopwatch
from ike_ray.video.clip import build_empty_message, refuse_long_video
from ike_ray.video.frame import VideoFrame
from ike_ray.video.image_file import is_image_name, read_image_size
from ike_ray.video.image_reader import ImageReader
from ike_ray.video.open import VideoReader, open_video
from ike_ray.video.stage import stage_video

# This many small files are read or written at once. A remote storage answers each in some tens of milliseconds.
_CONNECTIONS = 16
SPECTRAL_STAGES: tuple[Stage, ...] = ("read", "features", "eigenvectors", "refine", "write")


@dataclass(frozen=True, kw_only=True)
class _ImageFile:
    """The content of an image, and its size as it is stored."""

    ref: VideoRef
    data: bytes
    size: tuple[int, int]


@dataclass(kw_only=True)
class KeptVideo:
    """One video or image on its way to its rows and pictures. It holds no frame, and only the last batch of mattes."""

    run: RunFolder
    config: SpectralRunConfig
    ref: VideoRef
    background: UInt8[np.ndarray, "_ _ 3"] | None = None
    fps: float | None = None
    warning: str | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)
    seconds: dict[Stage, float] = field(default_factory=lambda: dict.fromkeys(SPECTRAL_STAGES, 0.0))

    def __post_init__(self) -> None:
        self._name = self.run.video_name(self.ref.video_id)
        self._tiles = TileKeeper(self.config.output.strip_frames)
        self._size = (0, 0)
        self._is_converged = True
        self._waiting: list[tuple[FrameMask, Matte | None]] = []

    def add(self, frame: VideoFrame, found: SegmentedImage) -> None:
        """Take what was found in the next frame."""
        self._size = frame.image.shape[:2]
        self._is_converged &= found.is_converged
        mask = FrameMask(
            frame_index=frame.index,
            timestamp_s=frame.timestamp_s,
            threshold=THRESHOLD,
            mask=found.mask,
            soft_mask=found.soft_mask,
            objects=found.regions,
            confidence=found.confidence,
        )
        window = WindowRecord(window=1, shot=1, history=(), is_converged=found.is_converged)
        row = build_frame_row(self.ref.video_id, mask, window)
        self.rows.append(row if self.config.task != "localize" else row | {"box": found.box})
        self._tiles.add(partial(render_eigen_tile, frame.image, mask, found.maps))
        if self.config.output.masks_png or self.config.output.soft_png or found.matte is not None:
            self._waiting.append((mask, found.matte))

    def charge(self, seconds: Mapping[Stage, float], share: float) -> None:
        """Add a share of the seconds of a batch, all of whose frames take about the same."""
        for stage in SPECTRAL_STAGES:
            self.seconds[stage] += share * seconds[stage]

    def write_pictures(self) -> None:
        """Write the masks, soft masks, cut-outs and composites of the frames that came since the last call."""
        waiting, self._waiting = self._waiting, []
        for mask, matte in waiting:
            write_masks(self.run, self._name, mask, self.config.output)
            if matte is not None:
                self.run.write_file(build_rgba_png(build_cutout(matte)), "cutouts", *self._list_names(mask, "png"))
                if self.background is not None:
                    composite = build_jpeg(build_composite(matte, self.background))
                    self.run.write_file(composite, "composites", *self._list_names(mask, "jpg"))

    def finish(self) -> dict[str, Any]:
        """Write what is left, and return the columns of the outcome row."""
        stopwatch = Stopwatch()
        with stopwatch.measure("write"):
            self.write_pictures()
            tiles = self._tiles.list_tiles()
            output = self.config.output
            write_whole(self.run, self.rows, tiles, output, ref=self.ref, fps=self.fps, video_config=self.config.video)
        self.seconds["write"] += stopwatch.seconds["write"]
        return {
            "status": "ok",
            "warning": self.warning,
            "frames": len(self.rows),
            "height": self._size[0],
            "width": self._size[1],
            "fps": self.fps,
            "converged": self._is_converged,
            "cut": THRESHOLD,
            "confidence": fmean(row["confidence"] for row in self.rows),
            "history": [],
            "tiles": [tile.frame_index for tile in tiles],
            **{f"seconds_{stage}": seconds for stage, seconds in self.seconds.items()},
        }

    def _list_names(self, mask: FrameMask, suffix: str) -> tuple[str, ...]:
        """Return NAME.png for an image, and NAME/00012.png for a video's frame."""
        if is_image_name(self.ref.uri):
            return (f"{self._name}.{suffix}",)
        return self._name, f"{mask.frame_index:05d}.{suffix}"


class SpectralProcess:
    """Loads once, and then takes one group in each call. While one batch is computed, the last ones are written."""

    def __init__(
        self, run: RunFolder, config: SpectralRunConfig, background: UInt8[np.ndarray, "_ _ 3"] | None = None
    ) -> None:
        """Load the model. Raises `ConfigError` if the machine lacks a GPU or it. Mattes are put in front of `background`."""
        self._run, self._config = run, config
        self._device = choose_device(config.workers)
        self._segment = ImageSegmenter(config, self._device)
        self._watch: Callable[[Stage | None], None] = lambda stage: None
        self._background = background
        self._pool = ThreadPoolExecutor(_CONNECTIONS)

    def __call__(self, refs: Sequence[VideoRef], sign_of_life: SignOfLife) -> list[Answer]:
        """Segment each, and write its frame rows and pictures. Return the columns of each, or its error."""
        if not self._config.output.profile:
            return self._segment_group(refs, sign_of_life)
        with open_profiler(self._device) as profiler:
            self._watch = profiler
            answers = self._segment_group(refs, sign_of_life)
            share = 1 / len(refs)  # one process takes them together
            stages = [replace(stage, cpu_s=stage.cpu_s * share) for stage in profiler.list_stages()]
        profile = {"profile": [asdict(stage) for stage in stages]}
        return [answer if isinstance(answer, IkeRayError) else answer | profile for answer in answers]

    def _segment_group(self, refs: Sequence[VideoRef], sign_of_life: SignOfLife) -> list[Answer]:
        answers: dict[str, Answer | Future[dict[str, Any]]] = {}
        images = [ref for ref in refs if is_image_name(ref.uri)]
        stopwatch = Stopwatch(self._watch)
        with stopwatch.measure("read"):
            found = list(self._pool.map(self._read, images))
        answers |= {ref.video_id: file for ref, file in zip(images, found, strict=True) if isinstance(file, IkeRayError)}
        files = [file for file in found if isinstance(file, _ImageFile)]
        for batch in _list_batches(files, self._config.features.batch_size):
            answers |= self._segment_images(batch, stopwatch.seconds["read"] / len(images))
            sign_of_life()
        for ref in refs:
            if not is_image_name(ref.uri):
                answers[ref.video_id] = self._segment_video(ref, sign_of_life)
        return [_await(answers[ref.video_id]) for ref in refs]

    def _read(self, ref: VideoRef) -> _ImageFile | IkeRayError:
        try:
            data = read_bytes(ref.uri)
            return _ImageFile(ref=ref, data=data, size=read_image_size(data, ref.uri, self._config.video.max_image_px))
        except ConfigError:
            raise
        except IkeRayError as error:
            return error

    def _segment_images(self, files: Sequence[_ImageFile], read_s: float) -> dict[str, IkeRayError | Future[dict[str, Any]]]:
        """Return for each image of a batch its error, or the columns that are there once it is written."""
        answers: dict[str, IkeRayError | Future[dict[str, Any]]] = {}
        decoded: list[tuple[KeptVideo, VideoFrame]] = []
        stopwatch = Stopwatch(self._watch)
        with stopwatch.measure("read"):
            for file in files:
                try:
                    (frame,) = ImageReader(file.ref.uri, self._config.video.max_image_px, file.data)
                    decoded.append((self._keep(file.ref), frame))
                except IkeRayError as error:
                    answers[file.ref.video_id] = error
        # Turned upright, images of one stored size may have two.
        for _, same in itertools.groupby(sorted(decoded, key=_read_shape), _read_shape):
            pairs = list(same)
            self._segment_frames([kept for kept, _ in pairs], [frame for _, frame in pairs])
            for kept, _ in pairs:
                kept.charge(stopwatch.seconds, 1 / len(decoded))
                kept.seconds["read"] += read_s
                answers[kept.ref.video_id] = self._pool.submit(kept.finish)
        return answers

    def _segment_video(self, ref: VideoRef, sign_of_life: SignOfLife) -> Answer:
        stopwatch = Stopwatch(self._watch)
        try:
            with ExitStack() as stack:
                with stopwatch.measure("read"):
                    staged = stack.enter_context(stage_video(ref, self._config.video))
                    refuse_long_video(staged.uri, self._config.video)
                sign_of_life()
                kept = self._keep(staged)
                with open_video(staged.uri, self._config.video) as reader:
                    for frames in self._list_frame_batches(kept, reader):
                        self._segment_frames([kept] * len(frames), frames)
                        with stopwatch.measure("write"):
                            kept.write_pictures()
                        sign_of_life()
                    kept.fps, kept.warning = reader.fps, reader.warning
                kept.charge(stopwatch.seconds, 1.0)
                return kept.finish()
        except ConfigError:
            raise
        except IkeRayError as error:
            return error

    def _segment_frames(self, kept: Sequence[KeptVideo], frames: Sequence[VideoFrame]) -> None:
        """Segment frames of one size, each of which belongs to the entry of `kept` at its place."""
        stopwatch = Stopwatch(self._watch)
        found = self._segment(np.stack([frame.image for frame in frames]), stopwatch=stopwatch)
        for own, frame, image in zip(kept, frames, found, strict=True):
            with stopwatch.measure("write"):
                own.add(frame, image)
        for own in kept:
            own.charge(stopwatch.seconds, 1 / len(frames))

    def _list_frame_batches(self, kept: KeptVideo, reader: VideoReader) -> Iterator[list[VideoFrame]]:
        """Yield the frames of an open video in batches. Raises `InputError` if there is none in the range."""
        stopwatch = Stopwatch(self._watch)
        frames = stopwatch.measure_iterator("read", reader)
        batch = list(itertools.islice(frames, 1))
        if not batch:
            raise InputError(build_empty_message(reader.uri, self._config.video))
        size = choose_batch_size(batch[0].image.shape[:2], self._config.features.batch_size)
        batch += itertools.islice(frames, size - 1)
        while batch:
            yield batch
            batch = list(itertools.islice(frames, size))
        kept.charge(stopwatch.seconds, 1.0)

    def _keep(self, ref: VideoRef) -> KeptVideo:
        return KeptVideo(run=self._run, config=self._config, ref=ref, background=self._background)


def _list_batches(files: Sequence[_ImageFile], batch_size: int) -> Iterator[list[_ImageFile]]:
    """Yield files of one size together, as many at once as the model takes and memory holds."""
    for size, same in itertools.groupby(sorted(files, key=lambda file: file.size), lambda file: file.size):
        waiting, most = list(same), choose_batch_size(size, batch_size)
        yield from (waiting[start : start + most] for start in range(0, len(waiting), most))


def _read_shape(pair: tuple[KeptVideo, VideoFrame]) -> tuple[int, ...]:
    return pair[1].image.shape


def _await(answer: Answer | Future[dict[str, Any]]) -> Answer:
    """Return the columns, or the error of a storage that did not take what was found."""
    if not isinstance(answer, Future):
        return answer
    try:
        return answer.result()
    except ConfigError:
        raise
    except IkeRayError as error:
        return error
