"""Masks as one YouTube-VIS file (Yang, Fan and Xu, ICCV 2019), with an annotation for each object of a video."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from statistics import fmean
from typing import Any

from ike_ray.export.coco import CATEGORIES, build_coco_box, describe_video
from ike_ray.export.json_lists import open_json_lists
from ike_ray.export.names import build_path, read_frame_names
from ike_ray.masks.rle import list_runs, read_rle
from ike_ray.run.objects import Row, count_pixels, list_objects
from ike_ray.run.segmented import SegmentedVideo


@contextmanager
def open_ytvis(uri: str, info: Mapping[str, Any]) -> Iterator[Callable[[SegmentedVideo], None]]:
    """Yield a function that adds a video to the file, which is put at `uri` at the end.

    `pycocotools.coco.COCO` wants an image for each annotation, which YouTube-VIS does not know. So there is one image for
    each video, with the same id, and annotations have `image_id` beside `video_id` and `area` beside `avg_area`.
    """
    head = {"info": info, "licenses": [], "categories": CATEGORIES}
    with open_json_lists(uri, head, ["videos", "images", "annotations"]) as lists:
        num_videos, num_annotations = 0, 0

        def add(video: SegmentedVideo) -> None:
            nonlocal num_videos, num_annotations
            names = [f"{build_path(video.video_id)}/{name}" for name in read_frame_names(video)]
            num_videos += 1
            lists.add("videos", describe_video(video, num_videos) | {"length": len(names), "file_names": names})
            image = {"id": num_videos, "file_name": names[0], "width": video.width, "height": video.height}
            lists.add("images", image)
            for record in _describe_objects(video):
                num_annotations += 1
                lists.add("annotations", {"id": num_annotations, "video_id": num_videos, "image_id": num_videos} | record)

        yield add


def _describe_objects(video: SegmentedVideo) -> Iterator[dict[str, Any]]:
    """Yield one record for each object that some frame has, the smallest number first, with null in frames without it."""
    frames = [{entry["number"]: entry for entry in list_objects(row)} for row in video.rows]
    for number in sorted({number for frame in frames for number in frame}):
        entries = [frame.get(number) for frame in frames]
        areas = [None if entry is None else count_pixels(entry) for entry in entries]
        mean_area = fmean(area for area in areas if area is not None)
        yield {
            "category_id": CATEGORIES[0]["id"],
            "track_id": number,
            "width": video.width,
            "height": video.height,
            "length": len(entries),
            "iscrowd": 0,
            "segmentations": [None if entry is None else _build_code(entry) for entry in entries],
            "bboxes": [None if entry is None else build_coco_box(entry) for entry in entries],
            "areas": areas,
            "avg_area": mean_area,
            "area": mean_area,
            "score": video.confidence,
        }


def _build_code(entry: Row) -> dict[str, list[int]]:
    """Return a run-length code that is not compressed, as in the published files, since some readers take no other."""
    mask = read_rle(entry["mask"])
    return {"size": list(mask.shape), "counts": list_runs(mask.T)}
