from pathlib import Path

import cv2
import numpy as np
import pytest

from ike_ray.config import VideoConfig
from ike_ray.errors import InputError
from ike_ray.video.open import open_video


def write_image(path: Path, level: int, size: tuple[int, int] = (20, 30)) -> None:
    cv2.imwrite(str(path), np.full((*size, 3), (0, 0, level), np.uint8))  # OpenCV writes BGR: red


def test_images_are_frames_in_natural_order(tmp_path: Path) -> None:
    for number in (1, 2, 10):
        write_image(tmp_path / f"{number}.png", number)
    (tmp_path / "notes.txt").touch()
    with open_video(str(tmp_path), VideoConfig()) as reader:
        frames = list(reader)
    assert [frame.image[0, 0].tolist() for frame in frames] == [[1, 0, 0], [2, 0, 0], [10, 0, 0]]
    assert np.isnan(frames[0].timestamp_s)


def test_bad_folders_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a folder of images"):
        open_video(str(tmp_path), VideoConfig())
    write_image(tmp_path / "0.png", 1)
    write_image(tmp_path / "1.png", 1, (20, 31))
    with open_video(str(tmp_path), VideoConfig()) as reader, pytest.raises(InputError, match=r"1\.png.*20 x 30.*20 x 31"):
        list(reader)
    for data in (b"broken", b""):
        (tmp_path / "1.png").write_bytes(data)
        with open_video(str(tmp_path), VideoConfig()) as reader, pytest.raises(InputError, match=r"1\.png: expected an"):
            list(reader)
