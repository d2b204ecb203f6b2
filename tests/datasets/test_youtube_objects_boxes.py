from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from ike_ray.datasets.open import list_sequences
from ike_ray.datasets.youtube_objects import CLASSES
from ike_ray.errors import InputError
from tests.datasets.drawn import check_frames, write_image, write_text


def write_boxes(path: Path, *boxes: list[float]) -> None:
    cells = np.empty((1, len(boxes)), dtype=object)
    for number, box in enumerate(boxes):
        cells[0, number] = np.array([box], dtype=float)
    savemat(path, {"coor": cells})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in CLASSES:
        for video in ("0001", "0002"):
            for shot in ("001", "002"):
                for number in range(1, 4):
                    write_image(tmp_path / name / "data" / video / "shots" / shot / f"frame{number:04d}.jpg")
        write_text(tmp_path / name / "sets" / "train.txt", "0001\n")
        write_text(tmp_path / name / "sets" / "test.txt", "0002\n")
    write_boxes(tmp_path / "boat/data/0001/shots/002/frame0002.jpg_sticks.mat", [1, 1, 24, 16], [3.4, 5.6, 8.2, 9.7])
    write_boxes(tmp_path / "boat/data/0001/shots/002/frame0003.jpg_sticks.mat")  # nothing was drawn
    write_boxes(tmp_path / "horse/data/0002/shots/001/frame0003.jpg_sticks.mat", [20, -3, 11, 8])
    return tmp_path


def test_shots_with_boxes(root: Path) -> None:
    boat, horse = list_sequences("youtube_objects_boxes", str(root), "all")
    assert (boat.name, boat.class_name, horse.name) == ("boat/0001/002", "boat", "horse/0002/001")
    (frame,) = boat.scored_frames
    assert (frame.index, frame.name, frame.mask_uris) == (1, "frame0002", ())
    assert frame.boxes == ((0, 0, 24, 16), (2, 5, 8, 10))
    assert horse.scored_frames[0].boxes == ((10, 0, 20, 8),)
    check_frames([boat, horse])


def test_splits_are_lists_of_videos(root: Path) -> None:
    names = {
        split: [entry.name for entry in list_sequences("youtube_objects_boxes", str(root), split)]
        for split in ("train", "test")
    }
    assert names == {"train": ["boat/0001/002"], "test": ["horse/0002/001"]}


def test_wrong_folders_and_files_are_told(root: Path) -> None:
    with pytest.raises(InputError, match=r"no split 'val' of YouTube-Objects boxes.*found test\.txt, train\.txt in"):
        list_sequences("youtube_objects_boxes", str(root), "val")
    matrix = root / "boat/data/0001/shots/002/frame0002.jpg_sticks.mat"
    write_boxes(matrix, [1, 2, 3])
    with pytest.raises(InputError, match=r"frame0002\.jpg_sticks\.mat: expected a MATLAB file with x0, y0, x1, y1"):
        list_sequences("youtube_objects_boxes", str(root), "all")
    matrix.write_bytes(b"no matrix at all")
    with pytest.raises(InputError, match=r"found 16 bytes of another kind.*truncated"):
        list_sequences("youtube_objects_boxes", str(root), "all")
    matrix.unlink()
    (root / "horse/data/0002/shots/001/frame0003.jpg_sticks.mat").unlink()
    with pytest.raises(InputError, match="no boxes of YouTube-Objects boxes"):
        list_sequences("youtube_objects_boxes", str(root), "all")
    (root / "train").rename(root / "trains")
    with pytest.raises(InputError, match=r"(?s)no class 'train'.*ROOT/"):
        list_sequences("youtube_objects_boxes", str(root), "all")
