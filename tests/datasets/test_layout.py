from pathlib import Path

import pytest

from ike_ray.datasets.davis2016 import DESCRIPTION
from ike_ray.datasets.layout import FRAME_SUFFIXES, build_missing_error, list_stems, list_true_frames, read_lines
from ike_ray.errors import InputError
from ike_ray.video.folder_reader import IMAGE_SUFFIXES
from tests.datasets.drawn import write_text


def test_frames_are_what_the_reader_of_videos_takes_for_frames() -> None:
    assert FRAME_SUFFIXES == IMAGE_SUFFIXES


def test_frames_are_counted_in_natural_order(tmp_path: Path) -> None:
    for name in ("f2.jpg", "f10.jpg", "f1.jpg", "notes.mat", ".hidden.jpg"):
        write_text(tmp_path / name, "x")
    assert list(list_stems(str(tmp_path))) == ["f1", "f2", "f10"]
    frames = list_true_frames(str(tmp_path), {"f10": ("/t/10.png",), "f1": ("/t/1.png",)}, threshold=7)
    assert [(frame.index, frame.name, frame.mask_uris, frame.threshold) for frame in frames] == [
        (0, "f1", ("/t/1.png",), 7),
        (2, "f10", ("/t/10.png",), 7),
    ]
    with pytest.raises(InputError, match=r"/t/9\.png: expected its frame f9 in .*, found 3 others"):
        list_true_frames(str(tmp_path), {"f9": ("/t/9.png",)})


def test_an_error_shows_the_nearest_folder_that_exists(tmp_path: Path) -> None:
    root = str(tmp_path / "root")
    uri = f"{root}/Annotations/480p/bear"
    assert f"found no folder {root}. The expected tree is\nROOT/" in str(build_missing_error("x", uri, root, DESCRIPTION))
    for number in range(10):
        write_text(tmp_path / "root" / "Annotations" / f"{number}.txt", "x")
    message = str(build_missing_error("mask", uri, root, DESCRIPTION))
    assert f"no mask of DAVIS-2016 in {root}: expected {uri}, found 0.txt, 1.txt" in message
    assert f"7.txt and 2 more in {root}/Annotations." in message


def test_an_empty_list_is_told(tmp_path: Path) -> None:
    write_text(tmp_path / "val.txt", "\n \n")
    with pytest.raises(InputError, match="found an empty file"):
        read_lines(f"{tmp_path}/val.txt")
