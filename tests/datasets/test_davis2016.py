from pathlib import Path

import numpy as np
import pytest

from ike_ray.datasets.open import list_sequences
from ike_ray.datasets.synthetic import SPLIT, write_drawn_dataset
from ike_ray.errors import InputError
from tests.datasets.drawn import check_frames


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("davis")
    write_drawn_dataset(str(root), num_frames=4)
    return root


def test_both_ends_are_left_out(root: Path) -> None:
    sequences = list_sequences("davis2016", str(root), SPLIT)
    assert len(sequences) == 4
    assert [(frame.index, frame.name) for frame in sequences[0].scored_frames] == [(1, "00001"), (2, "00002")]
    assert sequences[0].frames_uri == f"{root}/JPEGImages/480p/ellipse-0"
    mask = sequences[0].scored_frames[0].read_mask()
    assert mask.shape == (180, 320)
    assert 0.02 < mask.mean() < 0.3
    check_frames(sequences)


def test_a_split_may_name_sequences_only(root: Path) -> None:
    (root / "ImageSets" / "480p" / "short.txt").write_text("ellipse-1\nrectangle-2\n")
    assert [sequence.name for sequence in list_sequences("davis2016", str(root), "short")] == ["ellipse-1", "rectangle-2"]


def test_a_wrong_folder_shows_the_tree(root: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"(?s)no split 'val'.*found.*demo.*ROOT/\n  JPEGImages"):
        list_sequences("davis2016", str(root), "val")
    with pytest.raises(InputError, match="found nothing in"):
        list_sequences("davis2016", str(tmp_path), "val")
    (root / "ImageSets" / "480p" / "wrong.txt").write_text("missing\n")
    with pytest.raises(InputError, match="no true masks of sequence 'missing'"):
        list_sequences("davis2016", str(root), "wrong")
    (root / "ImageSets" / "480p" / "outside.txt").write_text("../..\n")
    with pytest.raises(InputError, match="it would lead elsewhere"):
        list_sequences("davis2016", str(root), "outside")


def test_the_real_tree(shared_data: Path) -> None:
    sequences = list_sequences("davis2016", str(shared_data / "davis"), "train")
    assert len(sequences) == 15
    assert sum(len(sequence.scored_frames) for sequence in sequences) == 975 - 30
    first = sequences[0].scored_frames[0].read_mask()
    assert first.shape == (480, 854)
    assert first.dtype == np.bool_
    check_frames(sequences)


def test_the_real_tree_has_one_object_a_frame(shared_data: Path) -> None:
    """One mask of these has an alpha channel; all are 0 and 255 but for it."""
    for sequence in list_sequences("davis2016", str(shared_data / "davis"), "train"):
        for frame in sequence.scored_frames[::20]:
            np.testing.assert_array_equal(frame.read_labels(), frame.read_mask())
