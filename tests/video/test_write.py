from pathlib import Path

import av
import numpy as np
import pytest

from ike_ray.config import VideoConfig
from ike_ray.video.open import open_video
from ike_ray.video.write import write_alpha_video, write_video


def test_odd_sides_lose_their_last_line(tmp_path: Path) -> None:
    frame = np.zeros((33, 51, 3), np.uint8)
    frame[:, 25:] = (200, 40, 10)
    write_video(f"{tmp_path}/odd.mp4", [frame] * 4, 29.97)
    with open_video(f"{tmp_path}/odd.mp4", VideoConfig()) as reader:
        images = [read.image for read in reader]
        assert abs(reader.fps - 29.97) < 0.01
    assert len(images) == 4
    assert images[0].shape == (32, 50, 3)
    np.testing.assert_allclose(images[0][10, 40], (200, 40, 10), atol=12)


@pytest.mark.parametrize(
    ("size", "written"), [((64, 65535), (16, 16384)), ((40000, 3), (16384, 2)), ((1, 1), (2, 2)), ((1, 100), (2, 100))]
)
def test_any_frame_can_be_written(size: tuple[int, int], written: tuple[int, int], tmp_path: Path) -> None:
    write_video(f"{tmp_path}/odd.mp4", [np.full((*size, 3), 100, np.uint8)] * 2, 10.0)
    with open_video(f"{tmp_path}/odd.mp4", VideoConfig()) as reader:
        assert [frame.image.shape[:2] for frame in reader] == [written] * 2


@pytest.mark.parametrize("size", [(33, 51), (121, 161), (480, 854)])
def test_alpha_comes_back_as_it_was(size: tuple[int, int], tmp_path: Path, rng: np.random.Generator) -> None:
    """Odd sides, strong colours: ends of alpha to the bit in every frame, the rest within one of 255 steps."""
    height, width = size
    frame = np.zeros((height, width, 4), np.uint8)
    frame[:, : width // 2, :3], frame[:, width // 2 :, :3] = (10, 200, 40), (220, 30, 60)
    frame[..., 3] = rng.integers(0, 256, size, np.uint8)
    third = height // 3
    frame[third : 2 * third, :, 3], frame[2 * third :, :, 3] = 255, 0
    write_alpha_video(f"{tmp_path}/x.mov", [frame] * 8, 25.0)
    with av.open(f"{tmp_path}/x.mov") as container:
        stream = container.streams.video[0]
        assert float(stream.average_rate) == 25
        assert stream.codec_context.colorspace == 1  # BT.709
        images = [read.to_ndarray(format="rgba") for read in container.decode(stream)]
    assert len(images) == 8
    for image in images:
        np.testing.assert_array_equal(image[third:, :, 3], frame[third:, :, 3])
        np.testing.assert_allclose(image[..., 3].astype(int), frame[..., 3].astype(int), atol=1)
        np.testing.assert_allclose(image[:, [5, -5], :3].astype(int), frame[:, [5, -5], :3].astype(int), atol=4)
