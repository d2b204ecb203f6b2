from pathlib import Path

import numpy as np
import pytest

from ike_ray.datasets.open import list_sequences
from ike_ray.errors import InputError
from tests.datasets.drawn import LEFT, TOP, check_frames, write_image, write_mask


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path, mask in (("aeroplane/data/0001/shots/001", LEFT), ("bird/data/0001/shots/001", TOP)):
        for number in range(1, 13):
            write_image(tmp_path / path / f"frame{number:04d}.jpg")
        for number in (1, 11):
            write_mask(tmp_path / "youtube_masks" / path / f"labels/{number:05d}.jpg", mask)
            write_image(tmp_path / "youtube_masks" / path / f"images/{number:05d}.png")
    write_image(tmp_path / "aeroplane/data/0002/shots/001/frame0001.jpg")  # not annotated
    return tmp_path


def test_masks_belong_to_the_frames_of_the_first_release(root: Path) -> None:
    sequences = list_sequences("youtube_objects", str(root), "all")
    assert [(entry.name, entry.class_name) for entry in sequences] == [
        ("aeroplane/0001/001", "aeroplane"),
        ("bird/0001/001", "bird"),
    ]
    assert sequences[0].frames_uri == f"{root}/aeroplane/data/0001/shots/001"
    assert [(frame.index, frame.name) for frame in sequences[0].scored_frames] == [(0, "frame0001"), (10, "frame0011")]
    check_frames(sequences)


def test_compressed_masks_are_cut(root: Path) -> None:
    for sequence, mask in zip(list_sequences("youtube_objects", str(root), "all"), (LEFT, TOP), strict=True):
        np.testing.assert_array_equal(sequence.scored_frames[1].read_mask(), mask)
        np.testing.assert_array_equal(sequence.scored_frames[1].read_labels(), mask)


def test_wrong_folders_are_told(root: Path) -> None:
    with pytest.raises(InputError, match="there is no split 'val' of YouTube-Objects masks: expected all"):
        list_sequences("youtube_objects", str(root), "val")
    (root / "bird").rename(root / "birds")
    with pytest.raises(InputError, match=r"(?s)no frames of bird/data/0001/shots/001 .*found aeroplane, birds,.*ROOT/"):
        list_sequences("youtube_objects", str(root), "all")
    (root / "youtube_masks").rename(root / "masks")
    with pytest.raises(InputError, match="no masks of YouTube-Objects masks"):
        list_sequences("youtube_objects", str(root), "all")
