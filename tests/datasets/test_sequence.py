from pathlib import Path

import numpy as np
import pytest

from ike_ray.datasets.sequence import TrueFrame
from ike_ray.errors import InputError
from tests.datasets.drawn import LEFT, TOP, write_image, write_mask, write_palette


def test_a_cut_decides_what_is_object(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", np.array([[0, 1, 127, 128, 255]]))
    uris = (str(tmp_path / "a.png"),)
    soft = TrueFrame(index=0, name="a", mask_uris=uris, threshold=128)
    np.testing.assert_array_equal(soft.read_mask(), [[False, False, False, True, True]])
    np.testing.assert_array_equal(soft.read_labels(), [[0, 0, 0, 1, 1]])
    np.testing.assert_array_equal(TrueFrame(index=0, name="a", mask_uris=uris).read_labels(), [[0, 1, 1, 1, 1]])


def test_one_file_for_each_object(tmp_path: Path) -> None:
    write_mask(tmp_path / "1.png", LEFT)
    write_mask(tmp_path / "2.bmp", TOP)
    frame = TrueFrame(index=3, name="a", mask_uris=(f"{tmp_path}/1.png", f"{tmp_path}/2.bmp"))
    np.testing.assert_array_equal(frame.read_mask(), LEFT | TOP)
    np.testing.assert_array_equal(frame.read_labels(), np.where(TOP, 2, LEFT))


def test_a_palette_keeps_its_numbers_and_void_is_no_object(tmp_path: Path) -> None:
    numbers = np.array([[0, 1, 2, 3, 255]])
    write_palette(tmp_path / "a.png", numbers)
    frame = TrueFrame(index=0, name="a", mask_uris=(f"{tmp_path}/a.png",), encoding="numbers")
    np.testing.assert_array_equal(frame.read_labels(), numbers)
    np.testing.assert_array_equal(frame.read_mask(), [[False, True, True, True, False]])


def test_codes_stand_for_objects(tmp_path: Path) -> None:
    image = np.array([[[255, 255, 255], [0, 255, 255], [0, 0, 0], [0, 0, 1]]])
    write_image(tmp_path / "a.ppm", image)
    frame = TrueFrame(index=0, name="a", mask_uris=(f"{tmp_path}/a.ppm",), encoding="codes", codes=(0x00FFFF, 1))
    np.testing.assert_array_equal(frame.read_labels(), [[0, 1, 0, 2]])
    np.testing.assert_array_equal(frame.read_mask(), [[False, True, False, True]])


def test_objects_of_two_sizes_and_missing_files_are_told(tmp_path: Path) -> None:
    write_mask(tmp_path / "1.png", LEFT)
    write_mask(tmp_path / "2.png", LEFT[:8])
    with pytest.raises(InputError, match=r"2.png: expected 16 x 24 pixels like .*1.png, found 8 x 24"):
        TrueFrame(index=0, name="a", mask_uris=(f"{tmp_path}/1.png", f"{tmp_path}/2.png")).read_mask()
    with pytest.raises(InputError, match=r"cannot open .*3.png"):
        TrueFrame(index=0, name="a", mask_uris=(f"{tmp_path}/3.png",)).read_mask()
