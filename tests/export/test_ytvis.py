import contextlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from ike_ray.export.ytvis import open_ytvis
from tests.drawn_run import HEIGHT, WIDTH, DrawnRun


@pytest.fixture
def uri(drawn_run: DrawnRun, tmp_path: Path) -> str:
    uri = f"{tmp_path}/out/masks.json"
    with open_ytvis(uri, {"description": "x"}) as add:
        for name in ("bear", "sub/cat.mp4", "dog.mp4"):
            add(drawn_run.video(name))
    return uri


def test_an_annotation_an_object_with_a_list_over_frames(uri: str, drawn_run: DrawnRun) -> None:
    data = json.loads(Path(uri).read_text())
    videos = {video["id"]: video for video in data["videos"]}
    assert [video["name"] for video in videos.values()] == ["bear", "sub/cat.mp4", "dog.mp4"]
    assert videos[1]["file_names"] == [f"bear/img_{index}.jpg" for index in (7, 8, 9, 10)]
    assert [(a["video_id"], a["track_id"]) for a in data["annotations"]] == [(1, 1), (2, 1), (2, 2), (3, 1)]
    for annotation in data["annotations"]:
        video = videos[annotation["video_id"]]
        assert len(annotation["segmentations"]) == video["length"] == annotation["length"] == len(video["file_names"])
        numbers = drawn_run.objects[video["name"]]
        numbers = drawn_run.masks[video["name"]].astype(int) if numbers is None else numbers
        frames = zip(numbers, annotation["segmentations"], annotation["bboxes"], annotation["areas"], strict=True)
        areas = []
        for frame_numbers, code, box, area in frames:
            mask = frame_numbers == annotation["track_id"]
            if not mask.any():
                assert (code, box, area) == (None, None, None)
                continue
            compressed = coco_mask.frPyObjects(code, HEIGHT, WIDTH)
            np.testing.assert_array_equal(coco_mask.decode(compressed), mask)
            assert box == coco_mask.toBbox(compressed).tolist()
            assert area == mask.sum()
            areas.append(area)
        assert annotation["avg_area"] == pytest.approx(np.mean(areas))
    assert [annotation["segmentations"].count(None) for annotation in data["annotations"]] == [0, 1, 0, 1]


def test_pycocotools_takes_a_video_for_an_image(uri: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(uri)
    assert coco.getImgIds() == [1, 2, 3]
    assert [annotation["track_id"] for annotation in coco.loadAnns(coco.getAnnIds(imgIds=2, catIds=1))] == [1, 2]
    assert {(image["height"], image["width"]) for image in coco.loadImgs([1, 2, 3])} == {(HEIGHT, WIDTH)}
    small = coco.getAnnIds(areaRng=[0, 1e9])
    assert len(small) == 4
