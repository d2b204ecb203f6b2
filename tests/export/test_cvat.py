import zipfile
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from ike_ray.export.cvat import write_cvat
from tests.drawn_run import HEIGHT, WIDTH, DrawnRun


def read_task(archive: Path) -> ElementTree.Element:
    with zipfile.ZipFile(archive) as source:
        assert source.namelist() == ["annotations.xml"]
        return ElementTree.fromstring(source.read("annotations.xml"))


def decode(element: ElementTree.Element) -> np.ndarray:
    """The mask of a `mask` element at the size of the frame: runs alternate, row after row inside the box."""
    left, top, width, height = (int(element.attrib[name]) for name in ("left", "top", "width", "height"))
    pixels: list[bool] = []
    for position, length in enumerate(element.attrib["rle"].split(",")):
        pixels += [position % 2 == 1] * int(length)
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[top : top + height, left : left + width] = np.reshape(pixels, (height, width))
    return mask


def test_objects_of_a_video_file(drawn_run: DrawnRun, tmp_path: Path) -> None:
    write_cvat(drawn_run.video("sub/cat.mp4"), str(tmp_path))
    task = read_task(tmp_path / "sub" / "cat.mp4.zip")
    assert task.findtext("version") == "1.1"
    assert [label.text for label in task.findall("meta/task/labels/label/name")] == ["object"]
    assert task.findtext("meta/task/name") == "sub/cat.mp4"
    images = task.findall("image")
    assert [(image.attrib["id"], image.attrib["name"]) for image in images] == [
        *(("1", "frame_000001"), ("3", "frame_000003"), ("5", "frame_000005"))
    ]
    assert {(image.attrib["width"], image.attrib["height"]) for image in images} == {(str(WIDTH), str(HEIGHT))}
    assert [[mask.attrib["group_id"] for mask in image] for image in images] == [["1", "2"], ["1", "2"], ["2"]]
    for image, numbers in zip(images, drawn_run.objects["sub/cat.mp4"], strict=True):
        for element in image:
            np.testing.assert_array_equal(decode(element), numbers == int(element.attrib["group_id"]))


def test_one_object_of_a_folder_of_frames(drawn_run: DrawnRun, tmp_path: Path) -> None:
    write_cvat(drawn_run.video("bear"), str(tmp_path))
    images = read_task(tmp_path / "bear.zip").findall("image")
    assert [image.attrib["name"] for image in images] == [f"img_{index}.jpg" for index in (7, 8, 9, 10)]
    for image, mask in zip(images, drawn_run.masks["bear"], strict=True):
        (element,) = image
        assert element.attrib["label"] == "object"
        assert "group_id" not in element.attrib
        np.testing.assert_array_equal(decode(element), mask)


def test_a_frame_without_an_object_has_no_mask(drawn_run: DrawnRun, tmp_path: Path) -> None:
    write_cvat(drawn_run.video("dog.mp4"), str(tmp_path))
    assert [len(image) for image in read_task(tmp_path / "dog.mp4.zip").findall("image")] == [1, 1, 0]


def test_what_is_there_is_kept(drawn_run: DrawnRun, tmp_path: Path) -> None:
    (tmp_path / "bear.zip").write_bytes(b"kept")
    write_cvat(drawn_run.video("bear"), str(tmp_path))
    assert (tmp_path / "bear.zip").read_bytes() == b"kept"


@pytest.mark.filterwarnings("ignore")  # of an optional package
def test_datumaro_reads_it(drawn_run: DrawnRun, tmp_path: Path) -> None:
    """The library that reads CVAT's files in other programs. It wants the pictures beside the annotations."""
    datumaro = pytest.importorskip("datumaro")
    write_cvat(drawn_run.video("sub/cat.mp4"), str(tmp_path))
    folder = tmp_path / "task"
    zipfile.ZipFile(tmp_path / "sub" / "cat.mp4.zip").extractall(folder)
    (folder / "images").mkdir()
    for index in (1, 3, 5):
        png = cv2.imencode(".png", np.zeros((HEIGHT, WIDTH), np.uint8))[1].tobytes()
        (folder / "images" / f"frame_{index:06d}").write_bytes(png)
    dataset = datumaro.Dataset.import_from(str(folder), "cvat")
    items = {item.attributes["frame"]: item for item in dataset}
    assert sorted(items) == [1, 3, 5]
    num_seen = 0
    for index, numbers in zip((1, 3, 5), drawn_run.objects["sub/cat.mp4"], strict=True):
        for annotation in items[index].annotations:
            num_seen += 1
            np.testing.assert_array_equal(annotation.image.astype(bool), numbers == annotation.group)
    assert num_seen == 5
