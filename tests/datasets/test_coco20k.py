import json
from pathlib import Path

import pytest

from ike_ray.datasets.open import list_sequences
from ike_ray.errors import InputError
from tests.datasets.drawn import write_image, write_text


def name(number: int) -> str:
    return f"COCO_train2014_{number:012d}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for number in (9, 25, 30, 34):
        write_image(tmp_path / "train2014" / f"{name(number)}.jpg")
    outline = [[1.0, 1.0, 9.0, 1.0, 9.0, 9.0]]
    boxes = [(9, 0, [1.4, 2.6, 10.2, 5.0]), (9, 1, [0, 0, 24, 16]), (25, 1, [0, 0, 24, 16]), (30, 0, [0.0, 0.0, 3.5, 2.0])]
    content = {
        "images": [{"id": number, "file_name": f"{name(number)}.jpg"} for number in (9, 25, 30, 34)],
        "annotations": [
            {"image_id": image, "iscrowd": crowd, "bbox": box, "category_id": 1, "segmentation": outline}
            for image, crowd, box in boxes
        ],
        "categories": [{"id": 1, "name": "person"}],
    }
    write_text(tmp_path / "annotations/instances_train2014.json", json.dumps(content))
    write_text(tmp_path / "coco_20k_filenames.txt", "".join(f"train2014/{name(n)}.jpg\n" for n in (30, 25, 9)))
    return tmp_path


def test_listed_images_with_boxes_of_single_objects(root: Path) -> None:
    sequences = list_sequences("coco20k", str(root), "all")
    assert [entry.name for entry in sequences] == [name(30), name(9)]  # 25 has a crowd only
    assert sequences[1].frames_uri == f"{root}/train2014/{name(9)}.jpg"
    assert sequences[1].scored_frames[0].boxes == ((1, 3, 12, 8),)
    assert sequences[0].scored_frames[0].boxes == ((0, 0, 4, 2),)


def test_wrong_folders_are_told(root: Path) -> None:
    (root / "train2014" / f"{name(9)}.jpg").unlink()
    with pytest.raises(InputError, match=r"(?s)no image COCO_train2014_000000000009 of COCO20k.*ROOT/"):
        list_sequences("coco20k", str(root), "all")
    write_text(root / "annotations/instances_train2014.json", '{"images": []}')
    with pytest.raises(InputError, match=r"instances_train2014\.json: expected COCO's instances as JSON"):
        list_sequences("coco20k", str(root), "all")
    (root / "annotations/instances_train2014.json").unlink()
    with pytest.raises(InputError, match="no annotations of COCO20k"):
        list_sequences("coco20k", str(root), "all")
    (root / "coco_20k_filenames.txt").unlink()
    with pytest.raises(InputError, match="no list of images of COCO20k"):
        list_sequences("coco20k", str(root), "all")
