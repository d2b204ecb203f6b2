from pathlib import Path

import numpy as np
import pytest

from ike_ray.datasets.open import list_sequences
from ike_ray.errors import InputError
from tests.datasets.drawn import LEFT, TOP, check_frames, write_image, write_text

WHITE, CYAN, BLUE = 0xFFFFFF, 0x00FFFF, 0x000080


def build_definition(codes: list[int], frames: list[tuple[int, str]], num_frames: int) -> str:
    lines = ["Subset of the definition file", "", "Total number of regions:", str(len(codes)), ""]
    for region, code in enumerate(codes):
        lines += [f"Scale of region {region}:", str(code)]
    lines += ["", "Total number of frames in this shot:", str(num_frames)]
    lines += ["Total number of labeled frames for this shot:", str(len(frames))]
    for number, name in frames:
        stem = name.partition("_gt")[0]
        lines += ["Frame number:", str(number), "File name:", name, "Input file name:", f"{stem}.ppm"]
    return "\n".join(lines) + "\n"


def paint(codes: np.ndarray) -> np.ndarray:
    return np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=-1)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    camel = tmp_path / "Testset" / "camel01"
    for number in range(1, 5):
        write_image(camel / f"camel01_{number:04d}.jpg")
    for number in (1, 3):
        codes = np.where(TOP, CYAN, np.where(LEFT, BLUE, WHITE))
        write_image(camel / f"GroundTruth/camel01_{number:04d}_gt.ppm", paint(codes))
        write_image(camel / f"GroundTruth/camel01_{number:04d}_gt.pgm", np.zeros_like(codes))
        write_image(camel / f"GroundTruth/camel01_{number:04d}_PROB_gt.ppm", paint(codes))
    frames = [(0, "camel01_0001_gt.ppm"), (2, "camel01_0003_gt.ppm")]
    write_text(camel / "GroundTruth/camel01Def.dat", build_definition([WHITE, CYAN, BLUE], frames, 4))
    write_text(camel / "camel01.bmf", "4 1\n")
    marple = tmp_path / "Testset" / "marple2"
    for number in range(11, 14):
        write_image(marple / f"marple2_{number}.jpg")
    greys = np.where(TOP & LEFT, 200, np.where(TOP, 63, np.where(LEFT, 127, 0)))
    write_image(marple / "GroundTruth/marple2_12.pgm", greys)
    write_image(marple / "GroundTruth/last.pgm", greys)
    definition = build_definition([0, 200, 63, 127], [(1, "marple2_12.pgm"), (2, "last.pgm")], 3)
    write_text(marple / "GroundTruth/marple2Def.dat", definition)
    return tmp_path


def test_colours_are_objects_and_only_annotated_frames_count(root: Path) -> None:
    sequences = list_sequences("fbms59", str(root), "Testset")
    camel = sequences[0]
    assert (camel.name, camel.frames_uri) == ("camel01", f"{root}/Testset/camel01")
    assert [(frame.index, frame.name) for frame in camel.scored_frames] == [(0, "camel01_0001"), (2, "camel01_0003")]
    np.testing.assert_array_equal(camel.scored_frames[1].read_mask(), TOP | LEFT)
    np.testing.assert_array_equal(camel.scored_frames[1].read_labels(), np.where(TOP, 1, 2 * LEFT))
    check_frames(sequences)


def test_greys_are_objects_and_some_regions_are_background(root: Path) -> None:
    """In marple2 the third region, here the upper right at 63, belongs to the background."""
    marple = list_sequences("fbms59", str(root), "Testset")[1]
    frame = marple.scored_frames[0]
    assert (frame.index, frame.name) == (1, "marple2_12")
    np.testing.assert_array_equal(frame.read_mask(), LEFT)
    np.testing.assert_array_equal(frame.read_labels(), np.where(LEFT, np.where(TOP, 1, 2), 0))


def test_a_truth_with_another_stem_belongs_to_the_numbered_frame(root: Path) -> None:
    marple = list_sequences("fbms59", str(root), "Testset")[1]
    frame = marple.scored_frames[1]
    assert (frame.index, frame.name, frame.mask_uris[0][-8:]) == (2, "marple2_13", "last.pgm")
    write_text(root / "Testset/marple2/GroundTruth/marple2Def.dat", build_definition([0, 200], [(7, "last.pgm")], 3))
    with pytest.raises(InputError, match="expected a frame last, or one numbered 7, found 3 frames"):
        list_sequences("fbms59", str(root), "Testset")


def test_wrong_folders_are_told(root: Path) -> None:
    with pytest.raises(InputError, match=r"(?s)no split 'test' of FBMS-59 in .*, found Testset in .*ROOT/\n  <split>"):
        list_sequences("fbms59", str(root), "test")
    (root / "Testset/camel01/GroundTruth/camel01_0003_gt.ppm").unlink()
    (root / "Testset/camel01/GroundTruth/camel01_0003_gt.pgm").unlink()
    with pytest.raises(InputError, match="no truth camel01_0003_gt of FBMS-59"):
        list_sequences("fbms59", str(root), "Testset")
    write_text(root / "Testset/camel01/GroundTruth/camel01Def.dat", "Scale of region 0:\nwhite\n")
    with pytest.raises(InputError, match=r"camel01Def\.dat: expected a number below"):
        list_sequences("fbms59", str(root), "Testset")
    write_text(root / "Testset/camel01/GroundTruth/camel01Def.dat", "Scale of region 0:\n255\nFrame number:\n0\n")
    with pytest.raises(InputError, match="with a value below each, found 1, 1 and 0"):
        list_sequences("fbms59", str(root), "Testset")
    (root / "Testset/camel01/GroundTruth/camel01Def.dat").unlink()
    with pytest.raises(InputError, match="no definition of sequence 'camel01'"):
        list_sequences("fbms59", str(root), "Testset")
