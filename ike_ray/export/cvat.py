"""Masks for CVAT: FOLDER/<video id>.zip, the annotations of one task in the format that CVAT calls CVAT 1.1.

The format has two kinds, and this is the one for images. Tasks over images and over videos both take it, since CVAT does not
know tracks of masks. The file has the masks and not the pictures, which the task has. Source: docs.cvat.ai, XML annotation
format 1.1.
"""

import io
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from ike_ray.export.names import build_path, is_folder_of_frames, read_frame_names
from ike_ray.masks.rle import list_runs, read_rle
from ike_ray.run.objects import Row, has_numbers, list_objects
from ike_ray.run.segmented import SegmentedVideo
from ike_ray.storage.files import is_file, join_uri, write_copy

LABEL = "object"


def write_cvat(video: SegmentedVideo, folder: str) -> None:
    """Write the annotations of one video. A file that is there is kept."""
    uri = join_uri(folder, f"{build_path(video.video_id)}.zip")
    if is_file(uri):
        return
    names = _name_frames(video)
    with tempfile.TemporaryDirectory(prefix="ike-ray-") as local:
        archive = Path(local) / "task.zip"
        with (
            zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target,
            target.open("annotations.xml", "w", force_zip64=True) as entry,
            io.TextIOWrapper(entry, encoding="utf-8") as stream,
        ):
            _write_xml(stream, video, names)
        write_copy(uri, archive)


def _name_frames(video: SegmentedVideo) -> list[str]:
    """Return CVAT's names of the frames of a task: images have their file names, and frames of a video their numbers."""
    if is_folder_of_frames(video):
        return read_frame_names(video)
    return [f"frame_{row['frame_index']:06d}" for row in video.rows]


def _write_xml(stream: io.TextIOWrapper, video: SegmentedVideo, names: list[str]) -> None:
    xml = XMLGenerator(stream, "utf-8", short_empty_elements=True)
    xml.startDocument()
    with _open_element(xml, "annotations"):
        _write_values(xml, {"version": "1.1", "meta": _describe_task(video)})
        is_numbered = has_numbers(video.rows)
        for name, row in zip(names, video.rows, strict=True):
            size = {"width": str(video.width), "height": str(video.height)}
            with _open_element(xml, "image", {"id": str(row["frame_index"]), "name": name, **size}):
                for entry in list_objects(row):
                    with _open_element(xml, "mask", _describe_mask(entry, has_numbers=is_numbered)):
                        pass
    xml.endDocument()


def _describe_task(video: SegmentedVideo) -> dict[str, Any]:
    label = {"name": LABEL, "color": "#ff7800", "type": "mask", "attributes": {}}
    return {
        "task": {
            "name": video.video_id,
            "size": str(len(video.rows)),
            "mode": "annotation",
            "overlap": "0",
            "labels": {"label": label},
        }
    }


def _describe_mask(entry: Row, *, has_numbers: bool) -> dict[str, str]:
    x0, y0, x1, y1 = entry["box"]
    runs = list_runs(read_rle(entry["mask"])[y0:y1, x0:x1])
    described = {
        "label": LABEL,
        "source": "auto",
        "occluded": "0",
        "rle": ", ".join(map(str, runs)),
        "left": str(x0),
        "top": str(y0),
        "width": str(x1 - x0),
        "height": str(y1 - y0),
        "z_order": "0",
    }
    return described | ({"group_id": str(entry["number"])} if has_numbers else {})


def _write_values(xml: XMLGenerator, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        with _open_element(xml, name):
            if isinstance(value, str):
                xml.characters(value)
            else:
                _write_values(xml, value)


@contextmanager
def _open_element(xml: XMLGenerator, name: str, attributes: Mapping[str, str] | None = None) -> Iterator[None]:
    xml.startElement(name, AttributesImpl(dict(attributes or {})))
    yield
    xml.endElement(name)
    xml.ignorableWhitespace("\n")
