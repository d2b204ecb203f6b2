from pathlib import Path

import numpy as np
import pytest

from ike_ray.config import VideoConfig
from ike_ray.errors import ExcludedError, InputError
from ike_ray.video.clip import read_clip, refuse_long_video, resize_frame, working_size_px
from ike_ray.video.write import write_video


@pytest.fixture
def video(tmp_path: Path) -> str:
    write_video(f"{tmp_path}/v.mp4", (np.full((90, 160, 3), 10 * i, np.uint8) for i in range(6)), 10.0)
    return f"{tmp_path}/v.mp4"


def test_a_clip_keeps_what_the_rows_need(video: str) -> None:
    clip = read_clip(video, VideoConfig(working_area_px=2048, start_frame=1))
    assert clip.frames.shape == (5, 32, 64, 3)
    assert clip.frame_indices.tolist() == [1, 2, 3, 4, 5]
    assert (clip.height, clip.width, clip.fps) == (90, 160, 10.0)
    assert clip.timestamps_s[0] == pytest.approx(0.1)


def test_too_long_is_excluded_and_too_short_told(video: str) -> None:
    with pytest.raises(ExcludedError, match=r"more than video\.max_frames = 4"):
        refuse_long_video(video, VideoConfig(max_frames=4))
    refuse_long_video(video, VideoConfig(max_frames=6))
    refuse_long_video(video, VideoConfig(max_frames=3, stride=2))
    refuse_long_video(video, VideoConfig())
    with pytest.raises(InputError, match="The video is shorter"):
        read_clip(video, VideoConfig(start_frame=6))


@pytest.mark.parametrize(
    ("size", "config", "expected"),
    [
        ((480, 854), VideoConfig(), (160, 288)),
        ((480, 854), VideoConfig(working_area_px=23296), (112, 208)),
        ((854, 480), VideoConfig(), (288, 160)),
        ((1080, 1920), VideoConfig(working_size_px=(224, 416)), (224, 416)),
        ((100, 4000), VideoConfig(), (32, 1360)),
    ],
)
def test_working_sizes(size: tuple[int, int], config: VideoConfig, expected: tuple[int, int]) -> None:
    assert working_size_px(*size, config) == expected


def test_shrinking_averages(rng: np.random.Generator) -> None:
    image = rng.integers(0, 256, (64, 64, 3), np.uint8)
    blocks = image.reshape(32, 2, 32, 2, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(resize_frame(image, 32, 32), blocks, atol=1)
