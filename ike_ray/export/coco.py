"""Masks as one COCO file: an image for each frame, an annotation for each object in a frame, and run-length codes."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ike_ray.export.json_lists import open_json_lists
from ike_ray.export.names import build_frame_path, read_frame_names
from ike_ray.run.objects import Row, count_pixels, list_objects
from ike_ray.run.segmented import SegmentedVideo

CATEGORIES = [{"id": 1, "name": "object", "supercategory": "object"}]


@contextmanager
def open_coco(
    uri: str, info: Mapping[str, Any], names: Mapping[int, str] | None = None
) -> Iterator[Callable[[SegmentedVideo], None]]:
    """Yield a function that adds a video to the file, which is put at `uri` at the end.

    A frame without an object is an image without annotation. Besides the fields of COCO, `track_id` is the object's number
    and `score` the frame's confidence. `names` are those of the labels of a run that has labels. Each name is then a
    category, whose id is the smallest label that has the name, and objects without a label belong to a last category.
    """
    categories, by_label = build_categories(names or {})
    head = {"info": info, "licenses": [], "categories": categories}
    with open_json_lists(uri, head, ["videos", "images", "annotations"]) as lists:
        num_videos, num_images, num_annotations = 0, 0, 0

        def add(video: SegmentedVideo) -> None:
            nonlocal num_videos, num_images, num_annotations
            names = read_frame_names(video)
            num_videos += 1
            lists.add("videos", describe_video(video, num_videos) | {"length": len(names)})
            for name, row in zip(names, video.rows, strict=True):
                num_images += 1
                lists.add("images", _describe_image(video, row, name) | {"id": num_images, "video_id": num_videos})
                for entry in list_objects(row):
                    num_annotations += 1
                    ids = {"id": num_annotations, "image_id": num_images, "video_id": num_videos}
                    category = {"category_id": by_label.get(entry.get("label"), categories[-1]["id"])}
                    lists.add("annotations", ids | category | _describe_object(entry, row))

        yield add


def build_categories(names: Mapping[int, str]) -> tuple[list[dict[str, Any]], dict[int | None, int]]:
    """Return the categories of named labels, with that of objects without a label last, and each label's category id."""
    first: dict[str, int] = {}
    by_label: dict[int | None, int] = {label: first.setdefault(names[label], label) for label in sorted(names)}
    named = [{"id": number, "name": name, "supercategory": "cluster"} for name, number in first.items()]
    return [*named, CATEGORIES[0] | {"id": max(names, default=0) + 1}], by_label


def describe_video(video: SegmentedVideo, number: int) -> dict[str, Any]:
    """Return the record of a video, as the formats for videos that follow COCO have it."""
    return {"id": number, "name": video.video_id, "width": video.width, "height": video.height, "fps": video.fps}


def build_coco_box(entry: Row) -> list[int]:
    """Return x, y, width and height."""
    x0, y0, x1, y1 = entry["box"]
    return [x0, y0, x1 - x0, y1 - y0]


def _describe_image(video: SegmentedVideo, row: Row, name: str) -> dict[str, Any]:
    return {
        "file_name": build_frame_path(video, name),
        "width": video.width,
        "height": video.height,
        "frame_index": row["frame_index"],
        "timestamp_s": row["timestamp_s"],
    }


def _describe_object(entry: Row, row: Row) -> dict[str, Any]:
    return {
        "track_id": entry["number"],
        "segmentation": entry["mask"],
        "area": count_pixels(entry),
        "bbox": build_coco_box(entry),
        "iscrowd": 0,
        "score": row["confidence"],
    }
