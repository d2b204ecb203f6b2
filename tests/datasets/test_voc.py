from pathlib import Path

import numpy as np
import pytest

from ike_ray.datasets.open import DatasetName, list_sequences
from ike_ray.errors import InputError
from tests.datasets.drawn import LEFT, TOP, write_image, write_palette, write_text

XML = """\
<annotation>
  <folder>VOC2007</folder>
  <filename>000005.jpg</filename>
  <size><width>24</width><height>16</height><depth>3</depth></size>
  <object>
    <name>person</name><truncated>1</truncated><difficult>0</difficult>
    <bndbox><xmin>1</xmin><ymin>1</ymin><xmax>24</xmax><ymax>16</ymax></bndbox>
    <part><name>head</name><bndbox><xmin>2</xmin><ymin>2</ymin><xmax>3</xmax><ymax>3</ymax></bndbox></part>
  </object>
  <object>
    <name>chair</name><truncated>0</truncated><difficult>1</difficult>
    <bndbox><xmax>8</xmax><ymax>9.7</ymax><xmin>3.2</xmin><ymin>5</ymin></bndbox>
  </object>
</annotation>
"""


@pytest.mark.parametrize("name", ["voc2007", "voc2012"])
def test_boxes_of_all_objects(name: DatasetName, tmp_path: Path) -> None:
    for number in ("000005", "000007", "000009"):
        write_image(tmp_path / "JPEGImages" / f"{number}.jpg")
        write_text(tmp_path / "Annotations" / f"{number}.xml", XML)
    write_text(tmp_path / "ImageSets/Main/trainval.txt", "000005\n000009\n")
    write_text(tmp_path / "ImageSets/Main/person_trainval.txt", "000005  1\n")
    sequences = list_sequences(name, str(tmp_path), "trainval")
    assert [entry.name for entry in sequences] == ["000005", "000009"]
    assert sequences[1].frames_uri == f"{tmp_path}/JPEGImages/000009.jpg"
    (frame,) = sequences[0].scored_frames
    assert frame.boxes == ((0, 0, 24, 16), (2, 4, 8, 10))
    write_text(tmp_path / "Annotations/000005.xml", "<annotation><object></object></annotation>")
    with pytest.raises(InputError, match=r"000005\.xml: expected XML with `object` and `bndbox`"):
        list_sequences(name, str(tmp_path), "trainval")
    write_text(tmp_path / "Annotations/000005.xml", "<annotation>")
    with pytest.raises(InputError, match=r"000005\.xml: expected XML"):
        list_sequences(name, str(tmp_path), "trainval")
    (tmp_path / "JPEGImages/000009.jpg").unlink()
    with pytest.raises(InputError, match=r"(?s)no file 000009\.jpg of PASCAL VOC 20.*ROOT/ .*VOCdevkit/VOC20"):
        list_sequences(name, str(tmp_path), "trainval")


def test_classes_and_void(tmp_path: Path) -> None:
    numbers = 15 * LEFT
    numbers[TOP & ~LEFT] = 255
    write_image(tmp_path / "JPEGImages/2007_000033.jpg")
    write_palette(tmp_path / "SegmentationClass/2007_000033.png", numbers)
    write_text(tmp_path / "ImageSets/Segmentation/val.txt", "2007_000033\n")
    (sequence,) = list_sequences("voc2012_semantic", str(tmp_path), "val")
    (frame,) = sequence.scored_frames
    assert (sequence.name, frame.index, frame.name) == ("2007_000033", 0, "2007_000033")
    np.testing.assert_array_equal(frame.read_labels(), numbers)
    np.testing.assert_array_equal(frame.read_mask(), LEFT)
    (tmp_path / "SegmentationClass/2007_000033.png").unlink()
    with pytest.raises(InputError, match=r"no file 2007_000033\.png of PASCAL VOC 2012 semantic"):
        list_sequences("voc2012_semantic", str(tmp_path), "val")


def test_the_folder_above_is_told(tmp_path: Path) -> None:
    write_text(tmp_path / "VOC2007/ImageSets/Main/trainval.txt", "000005\n")
    with pytest.raises(InputError, match=r"no split 'trainval' of PASCAL VOC 2007 .*found VOC2007 in"):
        list_sequences("voc2007", str(tmp_path), "trainval")
