"""The choice of the form in which masks leave a run."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, Literal

from ike_ray.errors import InputError
from ike_ray.export.coco import open_coco
from ike_ray.export.cutout import write_cutout
from ike_ray.export.cvat import write_cvat
from ike_ray.export.davis import write_davis2016, write_davis2017
from ike_ray.export.fiftyone import open_fiftyone
from ike_ray.export.names import refuse_shared_names
from ike_ray.export.overlay_video import write_overlay_video
from ike_ray.export.png import write_png
from ike_ray.export.target import claim_folder, describe_export, refuse_used_file
from ike_ray.export.ytvis import open_ytvis
from ike_ray.run.clusters import read_names
from ike_ray.run.folder import RunFolder
from ike_ray.run.segmented import SegmentedVideo, read_segmented

ExportFormat = Literal["davis", "davis2016", "coco", "ytvis", "png", "mp4", "cutout", "fiftyone", "cvat"]

# A function that writes one video, and returns what the user should know about it.
Writer = Callable[[SegmentedVideo], str | None]


def write_export(
    run: RunFolder,
    to: ExportFormat,
    target: str,
    *,
    video_ids: Collection[str],
    moved: Mapping[str, str],
    accepted: Collection[str] | None = None,
    report: Callable[[dict[str, Any]], None] = lambda outcome: None,
) -> None:
    """Write the masks of these videos to `target`: a file for coco and ytvis, else a folder, which may be continued.

    `moved` has the places of videos that are no longer where they were. `accepted` has all videos that a person accepted if
    `video_ids` were chosen among these, and the target then says so. `report` is called after each video with `video_id`,
    `status` (ok or failed), `frames`, `error_type`, `error_message` and `warning`. A video that has gone or changed fails and
    leaves the others alone. Raises `ConfigError`, before anything is written, if `target` holds something else.
    """
    with _open_writer(describe_export(run, to, accepted), run, to, target, video_ids) as write:
        for video in read_segmented(run, video_ids):
            report(_write_video(write, replace(video, uri=moved.get(video.video_id, video.uri))))


def _write_video(write: Writer, video: SegmentedVideo) -> dict[str, Any]:
    outcome = {"video_id": video.video_id, "frames": len(video.rows), "error_type": None, "error_message": None}
    try:
        return outcome | {"status": "ok", "warning": write(video)}
    except InputError as error:
        failure = {"error_type": type(error).__name__, "error_message": str(error)}
        return outcome | failure | {"status": "failed", "warning": None}


@contextmanager
def _open_writer(
    description: dict[str, Any], run: RunFolder, to: ExportFormat, target: str, video_ids: Collection[str]
) -> Iterator[Writer]:
    match to:
        case "davis":
            refuse_shared_names(video_ids)
            yield partial(write_davis2017, folder=claim_folder(target, description))
        case "davis2016":
            refuse_shared_names(video_ids)
            yield partial(write_davis2016, folder=claim_folder(target, description))
        case "coco":
            refuse_used_file(target)
            with open_coco(target, description, read_names(run)) as add:
                yield add
        case "ytvis":
            refuse_used_file(target)
            with open_ytvis(target, description) as add:
                yield add
        case "png":
            yield partial(write_png, folder=claim_folder(target, description))
        case "mp4":
            yield partial(write_overlay_video, folder=claim_folder(target, description))
        case "cutout":
            yield partial(write_cutout, folder=claim_folder(target, description))
        case "fiftyone":
            with open_fiftyone(claim_folder(target, description)) as add:
                yield add
        case "cvat":
            yield partial(write_cvat, folder=claim_folder(target, description))
