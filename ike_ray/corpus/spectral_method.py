"""Deep Spectral Methods on a group of images, or videos, from reading to everything that a run keeps but the outcome rows."""

import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from ike_ray.config import SpectralRunConfig
from ike_ray.corpus.background import read_background
from ike_ray.corpus.device import choose_device
from ike_ray.corpus.kept import KeptVideo
from ike_ray.corpus.method import Answer, SignOfLife
from ike_ray.errors import ConfigError, IkeRayError, InputError
from ike_ray.records import VideoRef
from ike_ray.spectral.segment import ImageSegmenter
from ike_ray.storage.files import read_bytes
from ike_ray.storage.run_folder import RunFolder
from ike_ray.timing import Stopwatch
from ike_ray.video.clip import build_empty_message, refuse_long_video
from ike_ray.video.frame import VideoFrame
from ike_ray.video.image_file import is_image_name, read_image_size
from ike_ray.video.image_reader import ImageReader
from ike_ray.video.open import VideoReader, open_video
from ike_ray.video.stage import stage_video

# Small files that are read or written at once: a storage far away answers each in some tens of milliseconds.
_CONNECTIONS = 16
# Pixels of a batch at most, unless one image has more: with what is made of it, a pixel takes about 30 bytes.
_BATCH_PX = 16_000_000


@dataclass(frozen=True, kw_only=True)
class _ImageFile:
    """The content of an image, and its size as it is stored."""

    ref: VideoRef
    data: bytes
    size: tuple[int, int]


class SpectralProcess:
    """Loads once, then takes a group a call. While one batch is computed, what was found in the last ones is written."""

    def __init__(self, run: RunFolder, config: SpectralRunConfig) -> None:
        """Raises `ConfigError` where the machine lacks a GPU, the model or the background."""
        self._run, self._config = run, config
        self._segment = ImageSegmenter(config, choose_device(config.workers))
        self._background = read_background(config.output.composite)
        self._pool = ThreadPoolExecutor(_CONNECTIONS)

    def __call__(self, refs: Sequence[VideoRef], sign_of_life: SignOfLife) -> list[Answer]:
        """Segments each and writes its frame rows and pictures; of each the columns, or the error that it costs."""
        answers: dict[str, Answer | Future[dict[str, Any]]] = {}
        images = [ref for ref in refs if is_image_name(ref.uri)]
        stopwatch = Stopwatch()
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
        """Of each image of a batch the error that it costs, or the columns that are there when it is written."""
        answers: dict[str, IkeRayError | Future[dict[str, Any]]] = {}
        decoded: list[tuple[KeptVideo, VideoFrame]] = []
        stopwatch = Stopwatch()
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
        try:
            refuse_long_video(ref.uri, self._config.video)
            with stage_video(ref, self._config.video) as staged:
                sign_of_life()
                kept = self._keep(staged)
                with open_video(staged.uri, self._config.video) as reader:
                    for frames in self._list_frame_batches(kept, reader):
                        self._segment_frames([kept] * len(frames), frames)
                        kept.write_pictures()
                        sign_of_life()
                    kept.fps, kept.warning = reader.fps, reader.warning
                return kept.finish()
        except ConfigError:
            raise
        except IkeRayError as error:
            return error

    def _segment_frames(self, kept: Sequence[KeptVideo], frames: Sequence[VideoFrame]) -> None:
        """Of frames of one size, each of which belongs to the entry of `kept` at its place."""
        stopwatch = Stopwatch()
        found = self._segment(np.stack([frame.image for frame in frames]), stopwatch=stopwatch)
        for own, frame, image in zip(kept, frames, found, strict=True):
            with stopwatch.measure("write"):
                own.add(frame, image)
        for own in kept:
            own.charge(stopwatch.seconds, 1 / len(frames))

    def _list_frame_batches(self, kept: KeptVideo, reader: VideoReader) -> Iterator[list[VideoFrame]]:
        """The frames of an open video in batches. Raises `InputError` where there is none in the range."""
        stopwatch = Stopwatch()
        frames = stopwatch.measure_iterator("read", reader)
        batch = list(itertools.islice(frames, 1))
        if not batch:
            raise InputError(build_empty_message(reader.uri, self._config.video))
        size = _choose_batch_size(batch[0].image.shape[:2], self._config.features.batch_size)
        batch += itertools.islice(frames, size - 1)
        while batch:
            yield batch
            batch = list(itertools.islice(frames, size))
        kept.charge(stopwatch.seconds, 1.0)

    def _keep(self, ref: VideoRef) -> KeptVideo:
        return KeptVideo(run=self._run, config=self._config, ref=ref, background=self._background)


def _list_batches(files: Sequence[_ImageFile], batch_size: int) -> Iterator[list[_ImageFile]]:
    """Files of one size together, as many at once as the model takes and memory holds."""
    for size, same in itertools.groupby(sorted(files, key=lambda file: file.size), lambda file: file.size):
        waiting, most = list(same), _choose_batch_size(size, batch_size)
        yield from (waiting[start : start + most] for start in range(0, len(waiting), most))


def _choose_batch_size(size: tuple[int, ...], batch_size: int) -> int:
    return max(1, min(batch_size, _BATCH_PX // (size[0] * size[1])))


def _read_shape(pair: tuple[KeptVideo, VideoFrame]) -> tuple[int, ...]:
    return pair[1].image.shape


def _await(answer: Answer | Future[dict[str, Any]]) -> Answer:
    """The columns, or the error of a storage that did not take what was found."""
    if not isinstance(answer, Future):
        return answer
    try:
        return answer.result()
    except ConfigError:
        raise
    except IkeRayError as error:
        return error
