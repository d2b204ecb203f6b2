"""The choice of the dataset that is read."""

from collections.abc import Callable
from typing import Literal, get_args

from ike_ray.datasets import (
    coco20k,
    cub200,
    davis2016,
    davis2017,
    dut_omron,
    duts,
    ecssd,
    fbms59,
    segtrack_v2,
    video_saliency,
    voc,
    youtube_objects,
    youtube_objects_boxes,
)
from ike_ray.datasets.description import DatasetDescription
from ike_ray.datasets.sequence import AnnotatedSequence

DatasetName = Literal[
    "davis2016",
    "davis2017",
    "segtrack_v2",
    "fbms59",
    "youtube_objects",
    "youtube_objects_boxes",
    "davsod",
    "vsod",
    "ecssd",
    "duts",
    "dut_omron",
    "cub200",
    "voc2007",
    "voc2012",
    "voc2012_semantic",
    "coco20k",
]


def list_sequences(name: DatasetName, root: str, split: str) -> list[AnnotatedSequence]:
    """Return the sequences of a dataset's split. Raises `InputError` with the expected tree if `root` is not the dataset."""
    return _choose(name)[1](root, split)


def read_description(name: DatasetName) -> DatasetDescription:
    """Return what there is to know about a dataset."""
    return _choose(name)[0]


def list_descriptions() -> list[DatasetDescription]:
    """Return what there is to know about each dataset, videos first."""
    return [read_description(name) for name in get_args(DatasetName)]


def _choose(name: DatasetName) -> tuple[DatasetDescription, Callable[[str, str], list[AnnotatedSequence]]]:  # noqa: PLR0911, PLR0912
    match name:
        case "davis2016":
            return davis2016.DESCRIPTION, davis2016.list_davis2016
        case "davis2017":
            return davis2017.DESCRIPTION, davis2017.list_davis2017
        case "segtrack_v2":
            return segtrack_v2.DESCRIPTION, segtrack_v2.list_segtrack_v2
        case "fbms59":
            return fbms59.DESCRIPTION, fbms59.list_fbms59
        case "youtube_objects":
            return youtube_objects.DESCRIPTION, youtube_objects.list_youtube_objects
        case "youtube_objects_boxes":
            return youtube_objects_boxes.DESCRIPTION, youtube_objects_boxes.list_youtube_objects_boxes
        case "davsod":
            return video_saliency.DAVSOD, video_saliency.list_davsod
        case "vsod":
            return video_saliency.VSOD, video_saliency.list_vsod
        case "ecssd":
            return ecssd.DESCRIPTION, ecssd.list_ecssd
        case "duts":
            return duts.DESCRIPTION, duts.list_duts
        case "dut_omron":
            return dut_omron.DESCRIPTION, dut_omron.list_dut_omron
        case "cub200":
            return cub200.DESCRIPTION, cub200.list_cub200
        case "voc2007":
            return voc.VOC2007, voc.list_voc2007
        case "voc2012":
            return voc.VOC2012, voc.list_voc2012
        case "voc2012_semantic":
            return voc.VOC2012_SEMANTIC, voc.list_voc2012_semantic
        case "coco20k":
            return coco20k.DESCRIPTION, coco20k.list_coco20k
