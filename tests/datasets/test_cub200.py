from pathlib import Path

import numpy as np
import pytest

from ike_ray.datasets.open import list_sequences
from ike_ray.errors import InputError
from tests.datasets.drawn import LEFT, TOP, write_image, write_text

NAMES = (
    "001.Black_footed_Albatross/Black_Footed_Albatross_0046_18",
    "001.Black_footed_Albatross/Black_Footed_Albatross_0009_34",
    "002.Laysan_Albatross/Laysan_Albatross_0002_1027",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in NAMES:
        write_image(tmp_path / "images" / f"{name}.jpg")
        write_image(tmp_path / "segmentations" / f"{name}.png", 102 * LEFT + 51 * (LEFT & TOP))
    write_text(tmp_path / "images.txt", "".join(f"{number} {name}.jpg\n" for number, name in enumerate(NAMES, start=1)))
    write_text(tmp_path / "train_test_split.txt", "1 0\n2 1\n3 0\n")
    return tmp_path


def test_splits_and_three_of_five_people(root: Path) -> None:
    test = list_sequences("cub200", str(root), "test")
    assert [entry.name for entry in test] == [NAMES[0], NAMES[2]]
    assert [entry.name for entry in list_sequences("cub200", str(root), "train")] == [NAMES[1]]
    assert test[0].frames_uri == f"{root}/images/{NAMES[0]}.jpg"
    assert test[0].scored_frames[0].name == "Black_Footed_Albatross_0046_18"
    np.testing.assert_array_equal(test[0].scored_frames[0].read_mask(), LEFT & TOP)


def test_wrong_folders_are_told(root: Path) -> None:
    (root / "segmentations" / f"{NAMES[2]}.png").unlink()
    with pytest.raises(InputError, match=r"(?s)no mask '002.Laysan.* of CUB-200-2011.*ROOT/"):
        list_sequences("cub200", str(root), "test")
    write_text(root / "train_test_split.txt", "1 0\n2 1\n")
    with pytest.raises(InputError, match=r"expected a line in train_test_split.txt for each of the 3 in images.txt, found 2"):
        list_sequences("cub200", str(root), "test")
    write_text(root / "train_test_split.txt", "1\n")
    with pytest.raises(InputError, match="expected two words in each line"):
        list_sequences("cub200", str(root), "test")
    (root / "images.txt").unlink()
    with pytest.raises(InputError, match=r"no list images\.txt of CUB-200-2011"):
        list_sequences("cub200", str(root), "test")
