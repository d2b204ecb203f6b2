"""Which frames make a window."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from ike_ray.config import WindowsConfig
from ike_ray.errors import InputError
from ike_ray.video.clip import WorkingFrame


@dataclass(frozen=True, kw_only=True)
class Window:
    """A stretch of one shot."""

    shot: int  # the number of the shot in the video, from 1
    frames: tuple[WorkingFrame, ...]
    overlap_before: int  # this many first frames are shared with the window before; 0 if the window opens its shot
    overlap_after: int  # this many last frames are shared with the window after; 0 if the window closes its shot


def follow_windows(frames: Iterable[tuple[int, WorkingFrame]], config: WindowsConfig) -> Iterator[Window]:
    """Yield the windows of frames that come with the number of their shot. A shot that fits in one window is one window.

    Windows of a longer shot share `config.overlap_frames` and hold as many frames as `config.max_nodes` allows. The last two
    of a shot share evenly what is left. The function reads fewer than twice the longest window ahead of what it returns. It
    raises `InputError` if a shot needs several windows and they cannot hold three overlaps.
    """
    for shot, members in groupby(frames, key=lambda pair: pair[0]):
        waiting: list[WorkingFrame] = []
        overlap_before = 0
        for _, frame in members:
            waiting.append(frame)
            longest = _longest_window(frame, config)
            if len(waiting) > longest:
                _check_length(frame, longest, config)
            if len(waiting) > 2 * longest - config.overlap_frames:
                yield _take(shot, waiting, longest, overlap_before, config.overlap_frames)
                overlap_before = config.overlap_frames
                del waiting[: longest - config.overlap_frames]
        if len(waiting) > longest:
            half = -(-(len(waiting) + config.overlap_frames) // 2)
            yield _take(shot, waiting, half, overlap_before, config.overlap_frames)
            overlap_before = config.overlap_frames
            del waiting[: half - config.overlap_frames]
        yield _take(shot, waiting, len(waiting), overlap_before, 0)


def halve_window(window: Window, overlap_frames: int) -> tuple[Window, Window] | None:
    """Return two windows that share `overlap_frames` and have the frames of `window`, or None if it is too short.

    A window that holds three overlaps has halves that hold two, so that no frame lies in three windows.
    """
    num_frames = len(window.frames)
    if num_frames < 3 * overlap_frames:
        return None
    half = -(-(num_frames + overlap_frames) // 2)
    first, second = window.frames[:half], window.frames[half - overlap_frames :]
    return (
        replace(window, frames=first, overlap_after=overlap_frames),
        replace(window, frames=second, overlap_before=overlap_frames),
    )


def _take(shot: int, waiting: list[WorkingFrame], length: int, overlap_before: int, overlap_after: int) -> Window:
    return Window(shot=shot, frames=tuple(waiting[:length]), overlap_before=overlap_before, overlap_after=overlap_after)


def _longest_window(frame: WorkingFrame, config: WindowsConfig) -> int:
    height, width = frame.image.shape[:2]
    return config.max_nodes // (height * width)


def _check_length(frame: WorkingFrame, longest: int, config: WindowsConfig) -> None:
    # With three overlaps each of the last two windows of a shot holds two, so that no frame lies in three windows.
    if longest < 3 * config.overlap_frames:
        height, width = frame.image.shape[:2]
        raise InputError(
            f"cannot divide frame {frame.index} and those before it into windows: expected room for at least "
            f"{3 * config.overlap_frames} frames of {height} x {width}, found windows.max_nodes = {config.max_nodes} to hold "
            f"{longest}. Raise it, which takes memory, or lower windows.overlap_frames or video.working_area_px"
        )
