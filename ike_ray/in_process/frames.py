"""The main object of every frame of one video."""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Bool, Float32, UInt8

from ike_ray.config import Config, VideoConfig
from ike_ray.device import find_device
from ike_ray.errors import InputError
from ike_ray.flow.estimate import build_flow_estimator
from ike_ray.masks.box import build_box
from ike_ray.masks.overlay import list_masks, render_overlay
from ike_ray.pipeline import segment_frames
from ike_ray.records import FrameMask, VideoRef
from ike_ray.refine.frames import refine_frames
from ike_ray.settings_file import resolve_settings
from ike_ray.storage.credentials import strip_credentials
from ike_ray.storage.files import read_path
from ike_ray.timing import Stopwatch
from ike_ray.video.array_reader import ArrayReader
from ike_ray.video.clip import refuse_long_video
from ike_ray.video.frame import build_frame_range
from ike_ray.video.open import VideoReader, open_video
from ike_ray.video.stage import stage_video
from ike_ray.windows.clip_models import build_clip_models
from ike_ray.windows.window_segmenter import WindowSegmenter

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class FoundFrame:
    """One frame with what was found in it, at the video's own size, upright."""

    index: int  # position in the video, from 0
    timestamp_s: float  # presentation time; NaN for a folder of frames and for an array
    image: UInt8[np.ndarray, "H W 3"]  # the frame, RGB
    mask: Bool[np.ndarray, "H W"]  # where the object is: where the soft mask is above the threshold
    soft_mask: Float32[np.ndarray, "H W"]  # in [0, 1]
    threshold: float
    objects: UInt8[np.ndarray, "H W"] | None
    """The number of the object at each pixel of the mask, 0 elsewhere, the same in all frames. None if `objects.max_objects`
    is 1, as it is unless it is set: then the mask is one object."""
    box: tuple[int, int, int, int] | None  # x0, y0, x1, y1, half-open, in pixels; None for an empty mask
    confidence: float  # in [0, 1]: the J that is expected of the mask

    def render_overlay(self) -> UInt8[np.ndarray, "H W 3"]:
        """Return the frame with its objects tinted and outlined."""
        return render_overlay(self.image, list_masks(self.mask, self.objects))


def segment(
    source: str | os.PathLike[str] | np.ndarray,
    config: str | os.PathLike[str] | Config = "default",
    *,
    changes: Sequence[str] = (),
    device: torch.device | str | None = None,
    progress: Callable[[int], object] = lambda num_frames: None,
) -> Iterator[FoundFrame]:
    """Yield the frames of a video, in order, each with the mask of its main object:

    ```python
    for frame in ike_ray.segment("cat.mp4", "fast"):
        print(frame.index, frame.mask.mean(), frame.confidence)
    ```

    It is the method of `ike-ray segment`, in this process. Ray is not started, and nothing is written. Frames come window by
    window (`windows.max_nodes`, which is 86 frames of a 16:9 video), each window as soon as it is done. The memory is that of
    one window and of the frames that are read ahead of it, however long the video is. To keep it so, the pictures are read a
    second time.

    Args:
        source: The path or URI of a video file, or of a folder of frames, which is one video. It may also be an array of
            frames, `uint8` RGB of shape (m, H, W, 3), or a memory map of one. `video.max_frames` does not count for arrays.
        config: The name of settings that come with the program (`ike-ray settings --list`), the path of a YAML file, or a
            record. `workers` and `output` count for nothing here, except that `workers.num_gpus` above 0 asks for a GPU.
        changes: Single settings, as --set takes them: `["objects.max_objects=5", "video.stop_frame=50"]`.
        device: Where to compute. None: the settings say it. PyTorch and OpenCV use as many threads as they are set to. On
            CPUs the masks are those of `ike-ray segment` to the bit if both are set to `workers.num_cpus`.
        progress: It is called after each window with the number of frames that it finished, as `tqdm(...).update` expects it.

    Raise `ConfigError` at once if the settings cannot be used, and `InputError` at once if an array is of another kind.
    While it is iterated, raise `InputError` if the video cannot be read, `ExcludedError` if the settings leave it out, and
    `TransientError` if a storage does not answer, and `MemoryLimitError` if a GPU has too little memory for half a window.
    What can be read of a damaged video is segmented, and a warning is logged.
    """
    settings = resolve_settings(Config, config, changes)
    if isinstance(source, np.ndarray):
        _check_array(source)
    place = find_device(settings.workers) if device is None else torch.device(device)
    estimate_flow = build_flow_estimator(settings.flow, place)
    models = build_clip_models(settings, place)

    def build_segmenter(video_id: str, stopwatch: Stopwatch) -> WindowSegmenter:
        return WindowSegmenter(
            settings,
            estimate_flow=lambda clip: estimate_flow(clip, video_id),
            device=place,
            stopwatch=stopwatch,
            models=models,
        )

    return _follow_frames(source, settings, build_segmenter, progress)


def _follow_frames(
    source: str | os.PathLike[str] | np.ndarray,
    config: Config,
    build_segmenter: Callable[[str, Stopwatch], WindowSegmenter],
    progress: Callable[[int], object],
) -> Iterator[FoundFrame]:
    stopwatch = Stopwatch()
    with (
        _stage(source, config.video) as (video_id, open_reader),
        open_reader() as reader,
        open_reader() as second,
        closing(segment_frames(reader, config, build_segmenter(video_id, stopwatch), stopwatch)) as parts,
    ):
        pictures = iter(second)
        for part in parts:
            progress(len(part.soft_masks))
            for frame in refine_frames(part, config.refine):
                picture = next(found for found in pictures if found.index == frame.frame_index)
                yield _build_found(picture.image, frame)
        if reader.warning:
            logger.warning("%s: %s", video_id, reader.warning)


def _build_found(image: UInt8[np.ndarray, "H W 3"], frame: FrameMask) -> FoundFrame:
    return FoundFrame(
        index=frame.frame_index,
        timestamp_s=frame.timestamp_s,
        image=image,
        mask=frame.mask,
        soft_mask=frame.soft_mask,
        threshold=frame.threshold,
        objects=frame.objects,
        box=build_box(frame.mask),
        confidence=frame.confidence,
    )


@contextmanager
def _stage(
    source: str | os.PathLike[str] | np.ndarray, config: VideoConfig
) -> Iterator[tuple[str, Callable[[], VideoReader]]]:
    """Yield the id of a video, and what opens it on this machine."""
    if isinstance(source, np.ndarray):
        yield "array", partial(ArrayReader, source, build_frame_range(config))
        return
    uri = read_path(os.fspath(source))
    video_id = strip_credentials(uri).rstrip("/").rpartition("/")[2]
    with stage_video(VideoRef(video_id=video_id, uri=uri), config) as staged:
        refuse_long_video(staged.uri, config)
        yield video_id, partial(open_video, staged.uri, config)


def _check_array(frames: np.ndarray) -> None:
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[-1] != 3 or 0 in frames.shape:
        raise InputError(
            f"cannot segment an array: expected frames as uint8 of shape (m, H, W, 3), RGB, found {frames.dtype} of shape "
            f"{frames.shape}. Convert it"
        )
