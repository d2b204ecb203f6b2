from pathlib import Path

import numpy as np
import pytest

from ike_ray.config import VideoConfig
from ike_ray.datasets.open import DatasetName, list_sequences
from ike_ray.errors import InputError
from ike_ray.video.open import open_video
from tests.datasets.drawn import LEFT, TOP, write_image

# Name, split, and the two folders as they are published.
SETS: list[tuple[DatasetName, str, str, str]] = [
    ("ecssd", "all", "images", "ground_truth_mask"),
    ("duts", "TE", "DUTS-TE/DUTS-TE-Image", "DUTS-TE/DUTS-TE-Mask"),
    ("duts", "TR", "DUTS-TR/DUTS-TR-Image", "DUTS-TR/DUTS-TR-Mask"),
    ("dut_omron", "all", "DUT-OMRON-image", "pixelwiseGT-new-PNG"),
]


@pytest.mark.parametrize(("name", "split", "images", "truths"), SETS)
def test_an_image_is_a_sequence_of_one_frame(name: DatasetName, split: str, images: str, truths: str, tmp_path: Path) -> None:
    for stem in ("im005", "im010"):
        write_image(tmp_path / images / f"{stem}.jpg")
        write_image(tmp_path / truths / f"{stem}.png", 127 * LEFT + 128 * (LEFT & TOP))
    sequences = list_sequences(name, str(tmp_path), split)
    assert [entry.name for entry in sequences] == ["im005", "im010"]
    assert sequences[0].frames_uri == f"{tmp_path}/{images}/im005.jpg"
    (frame,) = sequences[0].scored_frames
    assert (frame.index, frame.name) == (0, "im005")
    np.testing.assert_array_equal(frame.read_mask(), LEFT & TOP)  # 255; 127 is not bright enough
    with open_video(sequences[0].frames_uri, VideoConfig()) as reader:
        assert [(frame.index, frame.image.shape) for frame in reader] == [(0, (16, 24, 3))]


@pytest.mark.parametrize(("name", "split", "images", "truths"), SETS)
def test_wrong_folders_are_told(name: DatasetName, split: str, images: str, truths: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"(?s)no images of .*found nothing in .*ROOT/"):
        list_sequences(name, str(tmp_path), split)
    write_image(tmp_path / images / "a.jpg")
    with pytest.raises(InputError, match="no masks of"):
        list_sequences(name, str(tmp_path), split)
    write_image(tmp_path / truths / "b.png")
    with pytest.raises(InputError, match=r"no image 'b' of .*found a\.jpg in"):
        list_sequences(name, str(tmp_path), split)
    write_image(tmp_path / images / "b.jpg")
    with pytest.raises(InputError, match=r"no mask 'a' of .*found b\.png in"):
        list_sequences(name, str(tmp_path), split)


@pytest.mark.parametrize("name", ["ecssd", "dut_omron", "cub200", "coco20k"])
def test_a_split_that_does_not_exist_is_told(name: DatasetName, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no split 'val' of .*: expected"):
        list_sequences(name, str(tmp_path), "val")


def test_real_images_of_duts(shared_data: Path, tmp_path: Path) -> None:
    """Fifty of the training set, put into the tree by links."""
    (tmp_path / "DUTS-TR").mkdir()
    (tmp_path / "DUTS-TR/DUTS-TR-Image").symlink_to(shared_data / "images/duts_tr/images")
    (tmp_path / "DUTS-TR/DUTS-TR-Mask").symlink_to(shared_data / "images/duts_tr/masks")
    sequences = list_sequences("duts", str(tmp_path), "TR")
    assert len(sequences) == 50
    for sequence in sequences[::10]:
        mask = sequence.scored_frames[0].read_mask()
        with open_video(sequence.frames_uri, VideoConfig()) as reader:
            assert next(iter(reader)).image.shape[:2] == mask.shape
        assert 0 < mask.mean() < 1
