import contextlib
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pycocotools.coco import COCO

from ike_ray.export.coco import open_coco
from tests.drawn_run import HEIGHT, WIDTH, DrawnRun


@pytest.fixture
def coco(drawn_run: DrawnRun, tmp_path: Path) -> COCO:
    uri = f"{tmp_path}/out/masks.json"
    with open_coco(uri, {"description": "x"}) as add:
        for name in ("bear", "sub/cat.mp4", "dog.mp4"):
            add(drawn_run.video(name))
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(uri)


def test_named_clusters_are_categories(drawn_run: DrawnRun, tmp_path: Path) -> None:
    """Two clusters of one name are one category; what has no label is an object."""
    uri = f"{tmp_path}/named.json"
    cat = drawn_run.video("sub/cat.mp4")
    labels = {1: 3, 2: None}
    rows = tuple(
        row | {"objects": [entry | {"label": labels[entry["number"]]} for entry in row["objects"]]} for row in cat.rows
    )
    with open_coco(uri, {}, {1: "dog", 2: "sky", 3: "dog"}) as add:
        add(replace(cat, rows=rows))
        add(drawn_run.video("bear"))
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(uri)
    assert {entry["id"]: entry["name"] for entry in coco.loadCats(coco.getCatIds())} == {1: "dog", 2: "sky", 4: "object"}
    annotations = coco.loadAnns(coco.getAnnIds())
    assert [entry["category_id"] for entry in annotations] == [1, 4, 1, 4, 4, *[4] * 4]


def test_every_frame_is_an_image(coco: COCO) -> None:
    images = coco.loadImgs(coco.getImgIds())
    assert [image["file_name"] for image in images] == [
        *(f"bear/img_{index}.jpg" for index in (7, 8, 9, 10)),
        *(f"sub/cat.mp4/{index:05d}.jpg" for index in (1, 3, 5)),
        *(f"dog.mp4/{index:05d}.jpg" for index in (0, 1, 2)),
    ]
    assert {(image["height"], image["width"]) for image in images} == {(HEIGHT, WIDTH)}
    assert [image["frame_index"] for image in images[4:7]] == [1, 3, 5]
    assert [(video["id"], video["name"], video["length"]) for video in coco.dataset["videos"]] == [
        *((1, "bear", 4), (2, "sub/cat.mp4", 3), (3, "dog.mp4", 3))
    ]
    assert [image["video_id"] for image in images] == [1] * 4 + [2] * 3 + [3] * 3


def test_masks_boxes_and_areas_are_those_of_the_run(coco: COCO, drawn_run: DrawnRun) -> None:
    names = {video["id"]: video["name"] for video in coco.dataset["videos"]}
    num_seen = 0
    for image in coco.loadImgs(coco.getImgIds()):
        name = names[image["video_id"]]
        position = drawn_run.frame_indices[name].index(image["frame_index"])
        numbers = drawn_run.objects[name]
        numbers = drawn_run.masks[name][position].astype(int) if numbers is None else numbers[position]
        annotations = coco.loadAnns(coco.getAnnIds(imgIds=image["id"]))
        assert [annotation["track_id"] for annotation in annotations] == [n for n in np.unique(numbers) if n]
        for annotation in annotations:
            num_seen += 1
            mask = numbers == annotation["track_id"]
            np.testing.assert_array_equal(coco.annToMask(annotation), mask)
            rows, columns = np.nonzero(mask)
            size = [columns.max() - columns.min() + 1, rows.max() - rows.min() + 1]
            assert annotation["bbox"] == [columns.min(), rows.min(), *size]
            assert annotation["area"] == mask.sum()
            assert annotation["score"] == pytest.approx(0.5 + image["frame_index"] / 10)
    assert num_seen == 4 + 5 + 2 == len(coco.getAnnIds())


def test_it_is_about_objects(coco: COCO) -> None:
    assert [category["name"] for category in coco.loadCats(coco.getCatIds())] == ["object"]
    assert coco.dataset["info"] == {"description": "x"}
