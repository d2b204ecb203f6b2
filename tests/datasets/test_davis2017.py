from pathlib import Path

import numpy as np
import pytest

from ike_ray.datasets.open import list_sequences
from ike_ray.errors import InputError
from tests.datasets.drawn import LEFT, TOP, check_frames, write_image, write_palette, write_text


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for number in range(3):
        write_image(tmp_path / f"JPEGImages/480p/bike-packing/{number:05d}.jpg")
        numbers = LEFT + 2 * TOP  # 3 where both are: black in this palette
        numbers[0, 0] = 255
        write_palette(tmp_path / f"Annotations_unsupervised/480p/bike-packing/{number:05d}.png", numbers)
    write_text(tmp_path / "ImageSets/2017/val.txt", "bike-packing\n")
    return tmp_path


def test_all_frames_with_numbered_objects_and_void(root: Path) -> None:
    (sequence,) = list_sequences("davis2017", str(root), "val")
    assert sequence.name == "bike-packing"
    assert [(frame.index, frame.name) for frame in sequence.scored_frames] == [(0, "00000"), (1, "00001"), (2, "00002")]
    expected = LEFT + 2 * TOP
    expected[0, 0] = 255
    np.testing.assert_array_equal(sequence.scored_frames[2].read_labels(), expected)
    mask = LEFT | TOP
    mask[0, 0] = False
    np.testing.assert_array_equal(sequence.scored_frames[2].read_mask(), mask)
    check_frames([sequence])


def test_the_other_annotations_are_not_taken(root: Path) -> None:
    (root / "Annotations_unsupervised").rename(root / "Annotations")
    with pytest.raises(
        InputError, match=r"(?s)no true masks of sequence 'bike-packing'.*found Annotations,.*Annotations_unsup"
    ):
        list_sequences("davis2017", str(root), "val")


def test_clips_of_it(shared_data: Path, tmp_path: Path) -> None:
    """Two real sequences, put into the tree by links."""
    names = ("dogs-jump", "schoolgirls")
    for name in names:
        clip = shared_data / "clips" / f"davis17_{name}"
        for folder, source in (("JPEGImages", "frames"), ("Annotations_unsupervised", "masks_inst")):
            (tmp_path / folder / "480p").mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / "480p" / name).symlink_to(clip / source)
    write_text(tmp_path / "ImageSets/2017/val.txt", "\n".join(names))
    sequences = list_sequences("davis2017", str(tmp_path), "val")
    check_frames(sequences)
    for sequence in sequences:
        labels = sequence.scored_frames[0].read_labels()
        assert labels.shape == (240, 432)
        assert set(np.unique(labels)) >= {0, 1, 2}
