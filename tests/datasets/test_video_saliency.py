from pathlib import Path

import numpy as np
import pytest

from ike_ray.datasets.open import list_sequences
from ike_ray.errors import InputError
from tests.datasets.drawn import LEFT, TOP, check_frames, write_image


def test_davsod_leaves_out_both_ends(tmp_path: Path) -> None:
    folder = tmp_path / "Easy-35" / "select_0606"
    for number in range(390, 394):
        write_image(folder / f"Imgs/{number:04d}.png")
        write_image(folder / f"GT_object_level/{number:04d}.png", 128 * LEFT + 127 * (LEFT & TOP))
        write_image(folder / f"GT_instance_level/{number:04d}.png", TOP)
    (sequence,) = list_sequences("davsod", str(tmp_path), "Easy-35")
    assert (sequence.name, sequence.frames_uri) == ("select_0606", f"{folder}/Imgs")
    assert [(frame.index, frame.name) for frame in sequence.scored_frames] == [(1, "0391"), (2, "0392")]
    np.testing.assert_array_equal(sequence.scored_frames[0].read_mask(), LEFT & TOP)  # brighter than 128
    check_frames([sequence])


def test_sparse_truths_of_other_sets_in_that_form(tmp_path: Path) -> None:
    folder = tmp_path / "FBMS" / "camel01"
    for number in range(30):
        write_image(folder / f"Imgs/camel01_{number:05d}.jpg")
    for number in (0, 9, 19, 29):
        write_image(folder / f"ground-truth/camel01_{number:05d}.png", 255 * TOP)
    (sequence,) = list_sequences("vsod", str(tmp_path), "FBMS")
    assert [(frame.index, frame.name) for frame in sequence.scored_frames] == [(9, "camel01_00009"), (19, "camel01_00019")]
    np.testing.assert_array_equal(sequence.scored_frames[0].read_mask(), TOP)
    check_frames([sequence])


def test_a_folder_in_between_is_stepped_over(tmp_path: Path) -> None:
    for name in ("select_0001", "select_0002"):
        for number in range(3):
            write_image(tmp_path / f"Normal-25/Normal-25/{name}/Imgs/{number:04d}.png")
            write_image(tmp_path / f"Normal-25/Normal-25/{name}/GT_object_level/{number:04d}.png", 255 * TOP)
    assert [entry.name for entry in list_sequences("davsod", str(tmp_path), "Normal-25")] == ["select_0001", "select_0002"]


def test_wrong_folders_are_told(tmp_path: Path) -> None:
    write_image(tmp_path / "Easy-35/select_0606/Imgs/0001.png")
    with pytest.raises(InputError, match=r"(?s)no truth of sequence 'select_0606' of DAVSOD.*found Imgs in.*ROOT/"):
        list_sequences("davsod", str(tmp_path), "Easy-35")
    with pytest.raises(InputError, match=r"no split 'Normal-25' of DAVSOD.*found Easy-35 in"):
        list_sequences("davsod", str(tmp_path), "Normal-25")
    with pytest.raises(InputError, match=r"(?s)no split 'ViSal' of Video saliency sets.*ROOT/  .*\(Datasets\)"):
        list_sequences("vsod", str(tmp_path), "ViSal")
