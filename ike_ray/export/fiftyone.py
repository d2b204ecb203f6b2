"""A folder that FiftyOne imports as `FiftyOneVideoLabelsDataset`: one sample for each video, with its objects frame by frame.

    FOLDER/manifest.json           the list of samples: where a video is, and where its labels are
    FOLDER/labels/<video id>.json  the objects of each frame: box, mask inside the box, number, confidence
    FOLDER/data/<video id>.mp4     only for videos that FiftyOne could not show where they lie

Of FiftyOne's formats for videos this one is documented, has masks, and does not change with its database.
Source: docs.voxel51.com, FiftyOneVideoLabelsDataset; voxel51/eta, video labels.
"""

import base64
import io
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool

from ike_ray.config import VideoConfig
from ike_ray.export.names import build_path
from ike_ray.export.pictures import open_staged
from ike_ray.masks.rle import read_rle
from ike_ray.run.objects import Row, list_objects
from ike_ray.run.segmented import SegmentedVideo
from ike_ray.storage.files import is_file, is_local, join_uri, read_path, write_bytes, write_copy
from ike_ray.video.open import open_video
from ike_ray.video.write import write_video

# FiftyOne knows that files with these endings are videos, and browsers play most of them.
_SHOWN_SUFFIXES = (".mp4", ".mov", ".webm")


@contextmanager
def open_fiftyone(folder: str) -> Iterator[Callable[[SegmentedVideo], None]]:
    """Yield a function that adds a video. The list of all is written at the end. Labels and videos found are kept."""
    index: list[dict[str, str]] = []

    def add(video: SegmentedVideo) -> None:
        labels = f"labels/{build_path(video.video_id)}.json"
        sample = {"data": _place_video(video, folder), "labels": labels}
        if not is_file(join_uri(folder, labels)):
            write_bytes(join_uri(folder, labels), json.dumps(_describe_labels(video)).encode())
        index.append(sample)

    yield add
    manifest = {
        "type": "eta.core.datasets.labeled_datasets.LabeledVideoDataset",
        "description": "Masks by ike_ray, found without labels",
        "index": index,
    }
    write_bytes(join_uri(folder, "manifest.json"), json.dumps(manifest, indent=1).encode())


def _place_video(video: SegmentedVideo, folder: str) -> str:
    """Return where FiftyOne finds the video: where it lies, if it and `folder` are on this machine, else below `folder`."""
    is_shown = is_file(video.uri) and video.uri.lower().endswith(_SHOWN_SUFFIXES)
    if is_shown and is_local(video.uri) and is_local(folder):
        return read_path(video.uri)
    suffix = "." + video.uri.rpartition(".")[2] if is_shown else ".mp4"
    name = f"data/{build_path(video.video_id)}{suffix}"
    target = join_uri(folder, name)
    if is_file(target):
        return name
    with open_staged(video) as uri:
        if is_shown:
            write_copy(target, Path(read_path(uri)))
        else:  # it gets all frames, so that their numbers stay
            with open_video(uri, VideoConfig()) as reader:
                write_video(target, (frame.image for frame in reader), video.fps)
    return name


def _describe_labels(video: SegmentedVideo) -> dict[str, Any]:
    """Return the video's id and its frames, which FiftyOne counts from 1."""
    frames = {}
    for row in video.rows:
        objects = [_describe_object(video, row, entry) for entry in list_objects(row)]
        frames[str(row["frame_index"] + 1)] = {"frame_number": row["frame_index"] + 1, "objects": {"objects": objects}}
    video_id = {"type": "eta.core.data.CategoricalAttribute", "name": "video_id", "value": video.video_id}
    return {"attrs": {"attrs": [video_id]}, "frames": frames}


def _describe_object(video: SegmentedVideo, row: Row, entry: Row) -> dict[str, Any]:
    """Return an object with its box in shares of the frame and the mask inside the box."""
    x0, y0, x1, y1 = entry["box"]
    return {
        "type": "eta.core.objects.DetectedObject",
        "name": "objects",
        "label": "object",
        "index": entry["number"],
        "confidence": row["confidence"],
        "bounding_box": {
            "top_left": {"x": x0 / video.width, "y": y0 / video.height},
            "bottom_right": {"x": x1 / video.width, "y": y1 / video.height},
        },
        "mask": _build_mask_text(read_rle(entry["mask"])[y0:y1, x0:x1]),
    }


def _build_mask_text(mask: Bool[np.ndarray, "bh bw"]) -> str:
    """Return NumPy's file format, compressed, as text, which is the form in which ETA keeps arrays."""
    stream = io.BytesIO()
    np.save(stream, mask, allow_pickle=False)
    return base64.b64encode(zlib.compress(stream.getvalue())).decode("ascii")
