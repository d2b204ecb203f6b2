"""Where one shot ends and the next one begins, by PySceneDetect."""

import warnings
from collections import deque
from collections.abc import Generator, Iterable

import cv2

from ike_ray.config import ShotsConfig
from ike_ray.video.clip import WorkingFrame

with warnings.catch_warnings(action="ignore"):  # in a notebook its progress bar, which nothing here uses, misses a widget
    from scenedetect import AdaptiveDetector, FrameTimecode

# A change is compared with this many changes on either side, so a frame waits for as many frames after it.
_NEIGHBOURS = 2
# A boundary's change is at least this many times the mean of the two changes before and the two after it, since a fast object
# or camera changes every frame. At 526 joins of takes it was 2.4 times and more.
_MIN_RATIO = 2.3
# A boundary that would close a shorter shot is left out, because a flash of a few frames is not a shot.
_MIN_FRAMES = 5
# The detector counts in frames, but its timecodes ask for a rate.
_ANY_FPS = 25.0


def follow_shots(frames: Iterable[WorkingFrame], config: ShotsConfig) -> Generator[tuple[int, WorkingFrame]]:
    """Return each frame with the number of its shot, from 1. It reads two frames ahead of what it returns.

    A boundary lies before a frame whose brightness differs from the last one's by `config.min_change`, if that change stands
    out from the changes around it. The first two and the last two frames of a video open no shot.

    Source: PySceneDetect, AdaptiveDetector, on brightness alone, which finds boundaries in colour and in grey film alike.
    """
    if config.detector == "none":
        yield from ((1, frame) for frame in frames)
        return
    detector = AdaptiveDetector(
        adaptive_threshold=_MIN_RATIO,
        min_scene_len=_MIN_FRAMES,
        window_width=_NEIGHBOURS,
        min_content_val=config.min_change,
        luma_only=True,
    )
    waiting: deque[WorkingFrame] = deque()
    shot = 1
    for position, frame in enumerate(frames):
        waiting.append(frame)
        bgr = cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR)
        # What is found at this step is found about the frame two frames before.
        shot += len(detector.process_frame(FrameTimecode(position, _ANY_FPS), bgr))
        if len(waiting) > _NEIGHBOURS:
            yield shot, waiting.popleft()
    yield from ((shot, frame) for frame in waiting)
