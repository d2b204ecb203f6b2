from pathlib import Path

import numpy as np

from ike_ray.config import VideoConfig
from ike_ray.video.open import open_video
from ike_ray.video.write import write_video


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
