"""Labels of regions in the frame rows. The parts of the run are written again under their own names, one by one."""

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ike_ray.run.clusters import LABEL_SCHEMA
from ike_ray.run.folder import RunFolder
from ike_ray.run.parts import split_by_video
from ike_ray.run.tables import FRAME_SCHEMA, list_tables, open_tables, read_table, write_groups

Labels = dict[tuple[str, int, int], int]  # the keys are video_id, frame_index and number


def write_labels(run: RunFolder, seed: int, *, report: Callable[[str], None] = lambda part: None) -> int:
    """Put the labels of one seed of labels.parquet into the run's parts, in the place of earlier ones, and return how many.

    A mask that is one region gets an entry in `objects` with number 1. A region without a label gets null. The rows of one
    part are in memory. Only the holder of the run may do this (see `lease`), with nothing in its inbox.
    """
    num_labels = 0
    for uri in list_tables(run.file("frames")):
        table = read_table(uri, FRAME_SCHEMA)
        labels = read_labels(run, seed, table["video_id"].unique().to_pylist())
        groups = [
            pa.Table.from_pylist([_label_row(row, labels) for row in video.to_pylist()], schema=FRAME_SCHEMA)
            for video in split_by_video(table)
        ]
        write_groups(uri, groups, FRAME_SCHEMA)
        num_labels += len(labels)
        report(PurePosixPath(uri).name)
    return num_labels


def read_labels(run: RunFolder, seed: int, video_ids: list[str]) -> Labels:
    """Return the labels that one seed gives the regions of these videos."""
    rows = open_tables([run.file("semantics", "labels.parquet")], LABEL_SCHEMA)
    chosen = (pc.field("seed") == seed) & pc.field("video_id").isin(video_ids)
    columns = rows.to_table(filter=chosen)
    names = ("video_id", "frame_index", "number")
    keys = zip(*(columns[name].to_pylist() for name in names), strict=True)
    return dict(zip(keys, columns["label"].to_pylist(), strict=True))


def _label_row(row: dict[str, Any], labels: Labels) -> dict[str, Any]:
    """Return the row with a label, or null, in each of its objects."""
    entries = row["objects"]
    if entries is None:
        whole = {"number": 1, "mask": row["mask"], "box": row["box"], "area_fraction": row["area_fraction"]}
        entries = [whole] if (row["video_id"], row["frame_index"], 1) in labels else None
    if entries is None:
        return row
    key = (row["video_id"], row["frame_index"])
    return row | {"objects": [entry | {"label": labels.get((*key, entry["number"]))} for entry in entries]}
