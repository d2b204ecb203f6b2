from pathlib import Path

import pytest

from ike_ray.errors import InputError
from ike_ray.export.mask_tree import write_mask_tree
from tests.drawn_run import DrawnRun


def test_only_what_is_missing_is_written(drawn_run: DrawnRun, tmp_path: Path) -> None:
    video, folder = drawn_run.video("bear"), tmp_path / "out"
    write_mask_tree(video, str(folder), lambda row: b"first %d" % row["frame_index"])
    (folder / "img_8.png").unlink()
    write_mask_tree(video, str(folder), lambda row: b"second %d" % row["frame_index"])
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        **{"img_7.png": b"first 0", "img_8.png": b"second 1", "img_9.png": b"first 2", "img_10.png": b"first 3"}
    }


def test_two_images_of_one_name_are_told(drawn_run: DrawnRun, tmp_path: Path) -> None:
    video = drawn_run.video("bear")
    Path(video.uri, "img_8.png").write_bytes(b"")
    with pytest.raises(InputError, match=r"two images in .*bear would have the mask img_8\.png"):
        write_mask_tree(video, f"{tmp_path}/out", lambda row: b"")
    assert not (tmp_path / "out").exists()
