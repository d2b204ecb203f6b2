from pathlib import Path

import numpy as np
import pytest

from ike_ray.datasets.open import list_sequences
from ike_ray.errors import InputError
from tests.datasets.drawn import LEFT, TOP, check_frames, write_image, write_mask, write_text


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for number in (0, 1):
        write_image(tmp_path / f"JPEGImages/bird_of_paradise/bird_of_paradise_{number:05d}.png")
        write_image(
            tmp_path / f"GroundTruth/bird_of_paradise/bird_of_paradise_{number:05d}.png", 255 * LEFT - 100 * TOP * LEFT
        )
        write_image(tmp_path / f"JPEGImages/cheetah/cheetah_{number:04d}.bmp")
        write_mask(tmp_path / f"GroundTruth/cheetah/1/cheetah_{number:04d}.bmp", LEFT)
        write_mask(tmp_path / f"GroundTruth/cheetah/2/cheetah_{number:04d}.png", TOP)
    write_text(tmp_path / "JPEGImages/cheetah/flow.mat", "not a frame")
    write_text(tmp_path / "JPEGImages/CSI_NY.jpg", "lies there in the archive")
    write_text(tmp_path / "ImageSets/all.txt", "*bird_of_paradise\n*cheetah\n")
    write_text(tmp_path / "ImageSets/cheetah.txt", "cheetah/\ncheetah_0000\ncheetah_0001\n")
    return tmp_path


def test_all_frames_objects_merged_or_numbered(root: Path) -> None:
    bird, cheetah = list_sequences("segtrack_v2", str(root), "all")
    assert (bird.name, cheetah.name) == ("bird_of_paradise", "cheetah")
    assert [(frame.index, frame.name) for frame in cheetah.scored_frames] == [(0, "cheetah_0000"), (1, "cheetah_0001")]
    np.testing.assert_array_equal(cheetah.scored_frames[1].read_mask(), LEFT | TOP)
    np.testing.assert_array_equal(cheetah.scored_frames[1].read_labels(), np.where(TOP, 2, LEFT))
    check_frames([bird, cheetah])


def test_soft_edges_are_cut_in_the_middle(root: Path) -> None:
    frame = list_sequences("segtrack_v2", str(root), "all")[0].scored_frames[0]
    np.testing.assert_array_equal(frame.read_mask(), LEFT)  # its upper half is 155
    write_image(Path(frame.mask_uris[0]), 255 * LEFT - 128 * TOP * LEFT)
    np.testing.assert_array_equal(frame.read_mask(), LEFT & ~TOP)


def test_a_wrong_folder_shows_the_tree(root: Path) -> None:
    (root / "GroundTruth/cheetah/2/cheetah_0001.png").unlink()
    with pytest.raises(
        InputError, match=r"(?s)no mask of frame cheetah_0001 of SegTrack v2.*found cheetah_0000\.png in.*ROOT/"
    ):
        list_sequences("segtrack_v2", str(root), "all")
    (root / "ImageSets/all.txt").unlink()
    with pytest.raises(InputError, match=r"no split 'all' of SegTrack v2 in .*found cheetah\.txt in"):
        list_sequences("segtrack_v2", str(root), "all")
