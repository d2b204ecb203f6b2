"""`ike_ray.segment`: what it yields is what the pipeline finds, with the pictures."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

import ike_ray
from ike_ray.config import Config
from ike_ray.datasets.synthetic import DrawnClip, draw_clip
from ike_ray.errors import ConfigError, ExcludedError, InputError
from ike_ray.flow.estimate import build_flow_estimator
from ike_ray.masks.box import build_box
from ike_ray.pipeline import segment_video
from ike_ray.records import FrameMask, VideoRef
from ike_ray.refine.frames import refine_frames
from ike_ray.settings import read_config
from ike_ray.timing import Stopwatch
from ike_ray.video.open import open_video
from ike_ray.video.write import write_video

CPU = torch.device("cpu")
# Windows of nine frames that share three.
SMALL = """
video: {working_size_px: [48, 64]}
flow: {dis_effort: quick, enlarged_area_px: null}
graph: {cue: motion, saliency_stride: null}
windows: {max_nodes: 27648, overlap_frames: 3}
"""


@pytest.fixture(scope="module")
def clip() -> DrawnClip:
    return draw_clip(3, num_frames=13, height=64, width=96)


@pytest.fixture
def config() -> Config:
    return read_config(SMALL)


@pytest.fixture
def folder(tmp_path: Path, clip: DrawnClip) -> Path:
    """The clip as a folder of PNG files, which hold it to the bit."""
    for index, frame in enumerate(clip.frames):
        (tmp_path / "clip").mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / "clip" / f"{index}.png"), frame[..., ::-1])
    return tmp_path / "clip"


def run_pipeline(uri: str, config: Config) -> list[FrameMask]:
    estimate_flow = build_flow_estimator(config.flow, CPU)
    ref = VideoRef(video_id="v", uri=uri)
    parts = segment_video(ref, config, estimate_flow=estimate_flow, device=CPU, stopwatch=Stopwatch())
    return [frame for part in parts for frame in refine_frames(part, config.refine)]


def test_an_array_a_folder_and_the_pipeline_agree_to_the_bit(folder: Path, clip: DrawnClip, config: Config) -> None:
    seen: list[int] = []
    found = list(ike_ray.segment(clip.frames, config, progress=seen.append))
    again = list(ike_ray.segment(folder, config))
    expected = run_pipeline(str(folder), config)
    assert [frame.index for frame in found] == [frame.index for frame in again] == list(range(13))
    assert len(seen) == 2  # windows
    assert sum(seen) == 13
    for frame, same, wanted in zip(found, again, expected, strict=True):
        np.testing.assert_array_equal(frame.soft_mask, wanted.soft_mask)
        np.testing.assert_array_equal(frame.mask, wanted.mask)
        np.testing.assert_array_equal(same.soft_mask, wanted.soft_mask)
        np.testing.assert_array_equal(frame.image, clip.frames[frame.index])
        np.testing.assert_array_equal(same.image, clip.frames[frame.index])
        assert (frame.confidence, frame.threshold) == (wanted.confidence, wanted.threshold)
        assert frame.box == build_box(wanted.mask)
        assert frame.objects is None
        assert np.isnan(frame.timestamp_s)


def test_a_file_gives_the_pictures_and_times_of_the_frames_that_are_selected(tmp_path: Path, clip: DrawnClip) -> None:
    path = tmp_path / "clip.mp4"
    write_video(str(path), clip.frames, 10.0)
    changes = ["video.start_frame=1", "video.stride=3", "video.working_size_px=[48, 64]"]
    found = list(ike_ray.segment(path, "fast", changes=changes))
    assert [frame.index for frame in found] == [1, 4, 7, 10]
    with open_video(str(path), Config().video) as reader:
        decoded = {frame.index: frame for frame in reader}
    for frame in found:
        np.testing.assert_array_equal(frame.image, decoded[frame.index].image)
        assert frame.timestamp_s == decoded[frame.index].timestamp_s == pytest.approx(frame.index / 10)


def test_objects_have_numbers_if_they_are_asked_for(clip: DrawnClip, config: Config) -> None:
    frame = next(ike_ray.segment(clip.frames, config, changes=["objects.max_objects=3"]))
    assert frame.objects is not None
    np.testing.assert_array_equal(frame.objects > 0, frame.mask)
    overlay = frame.render_overlay()
    assert overlay.shape == frame.image.shape
    np.testing.assert_array_equal((overlay != frame.image).any(axis=2) | ~frame.mask, np.ones_like(frame.mask))


def test_a_view_of_an_array_is_taken(clip: DrawnClip, config: Config) -> None:
    backwards = list(ike_ray.segment(clip.frames[::-1, :, ::-1], config))
    np.testing.assert_array_equal(backwards[0].image, clip.frames[-1, :, ::-1])


def test_work_begins_with_the_first_frame_and_ends_when_nobody_asks(clip: DrawnClip, config: Config) -> None:
    seen: list[int] = []
    frames = ike_ray.segment(clip.frames, config, progress=seen.append)
    assert not seen
    next(frames)
    frames.close()  # type: ignore[attr-defined]
    assert len(seen) == 1


@pytest.mark.parametrize(
    "frames", [np.zeros((4, 32, 32, 3), np.float32), np.zeros((32, 32, 3), np.uint8), np.zeros((0, 32, 32, 3), np.uint8)]
)
def test_another_array_is_refused_at_once(frames: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"expected frames as uint8 of shape \(m, H, W, 3\), RGB, found"):
        ike_ray.segment(frames)


def test_wrong_settings_are_refused_at_once(clip: DrawnClip) -> None:
    with pytest.raises(ConfigError, match="The nearest name is fast"):
        ike_ray.segment(clip.frames, "fsat")
    with pytest.raises(ConfigError, match=r"unknown setting graph\.x"):
        ike_ray.segment(clip.frames, changes=["graph.x=1"])


def test_a_video_that_cannot_be_read_or_is_left_out_says_so_when_it_is_read(folder: Path) -> None:
    frames = ike_ray.segment(folder / "missing.mp4")
    with pytest.raises(InputError, match="cannot open"):
        next(frames)
    with pytest.raises(ExcludedError, match=r"video\.max_frames = 5"):
        next(ike_ray.segment(folder, changes=["video.max_frames=5"]))


def test_a_damaged_video_gives_what_can_be_read_and_a_warning(
    shared_data: Path, config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    video = shared_data / "videos_hostile" / "decord_corrupted.mp4"
    with caplog.at_level(logging.WARNING, logger="ike_ray"):
        found = list(ike_ray.segment(video, config, changes=["video.stride=8"]))
    assert [frame.index for frame in found] == [0, 8, 16, 24, 32, 40, 48]
    assert "decord_corrupted.mp4: 1 of 50 packets cannot be decoded" in caplog.text


def test_the_package_is_imported_at_once_and_the_call_needs_no_ray() -> None:
    code = (
        "import sys, ike_ray; assert 'numpy' not in sys.modules; ike_ray.segment; ike_ray.segment_images; ike_ray.load;"
        "assert 'ray' not in sys.modules; assert set(ike_ray.__all__) <= set(dir(ike_ray)); ike_ray.nothing"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(ike_ray.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.stderr.strip().endswith("AttributeError: module 'ike_ray' has no attribute 'nothing'")
