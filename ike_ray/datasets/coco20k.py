"""COCO20k (Vo et al., ECCV 2020): 19,817 images of COCO's training set of 2014 (Lin et al., ECCV 2014), with boxes."""

import json
from typing import Any

from ike_ray.datasets.description import DatasetDescription
from ike_ray.datasets.layout import build_missing_error, build_split_error, list_stems, read_lines, read_stem
from ike_ray.datasets.sequence import AnnotatedSequence, TrueFrame
from ike_ray.errors import InputError
from ike_ray.storage.files import is_file, join_uri, read_bytes

_Box = tuple[int, int, int, int]

DESCRIPTION = DatasetDescription(
    name="coco20k",
    title="COCO20k",
    kind="image",
    protocol="boxes",
    splits=("all",),
    num_sequences=19817,
    size="13.8 GB",
    licence="CC BY 4.0; images: Flickr's terms of use",
    url="https://cocodataset.org/#download",
    paper="Vo, Perez, Ponce, Toward Unsupervised, Multi-Object Discovery in Large-Scale Image Collections, ECCV 2020",
    expected_tree="""\
ROOT/
  train2014/COCO_train2014_000000000009.jpg ...
  annotations/instances_train2014.json
  coco_20k_filenames.txt                      lines of `train2014/COCO_train2014_000000560992.jpg`""",
    scored="Every image of the list. CorLoc is the share of images whose box overlaps any true box by at least half.",
    notes=(
        "Boxes of crowds do not count, and images without any other box are left out.",
        "Boxes are rounded to whole pixels.",
        "Download the 2014 Train images, the 2014 Train/Val annotations, and the list of images, which is "
        "datasets/coco_20k_filenames.txt in https://github.com/YangtaoWANG95/TokenCut.",
    ),
)


def list_coco20k(root: str, split: str) -> list[AnnotatedSequence]:
    """Return the images of the list that have boxes, in its order; `split` is `all`.

    Raises `InputError`, which shows the expected tree, if the folder is not the dataset.
    """
    if split not in DESCRIPTION.splits:
        raise build_split_error(split, DESCRIPTION)
    list_uri = join_uri(root, "coco_20k_filenames.txt")
    if not is_file(list_uri):
        raise build_missing_error("list of images", list_uri, root, DESCRIPTION)
    names = [read_stem(line) for line in read_lines(list_uri)]
    images, boxes = list_stems(join_uri(root, "train2014"), (".jpg",)), _read_boxes(root)
    for name in names:
        if name not in images:
            raise build_missing_error(f"image {name}", join_uri(root, "train2014", f"{name}.jpg"), root, DESCRIPTION)
    return [
        AnnotatedSequence(
            name=name,
            frames_uri=images[name],
            scored_frames=(TrueFrame(index=0, name=name, boxes=tuple(boxes[name])),),
        )
        for name in names
        if boxes.get(name)
    ]


def _read_boxes(root: str) -> dict[str, list[_Box]]:
    """Return the boxes of single objects by the stem of their image."""
    uri = join_uri(root, "annotations", "instances_train2014.json")
    if not is_file(uri):
        raise build_missing_error("annotations", uri, root, DESCRIPTION)
    data = read_bytes(uri)
    try:
        content = json.loads(data, object_hook=_drop_outlines)
        stems = {image["id"]: read_stem(image["file_name"]) for image in content["images"]}
        boxes: dict[str, list[_Box]] = {}
        for annotation in content["annotations"]:
            if not annotation["iscrowd"]:
                left, top, width, height = annotation["bbox"]
                box = (round(left), round(top), round(left + width), round(top + height))
                boxes.setdefault(stems[annotation["image_id"]], []).append(box)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"cannot read {uri}: expected COCO's instances as JSON. Extract it again: {error!r}") from error
    return boxes


def _drop_outlines(entry: dict[str, Any]) -> dict[str, Any]:
    """Drop outlines, most of the file, as soon as they are parsed, which takes three times its size in memory, not seven."""
    entry.pop("segmentation", None)
    return entry
