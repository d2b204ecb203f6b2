"""The columns of a run's Parquet files, with explicit types, so that any part of a run reads like any other."""

import io
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from ike_ray.errors import InputError
from ike_ray.records import STAGES
from ike_ray.storage.files import list_folder, open_binary, write_bytes

_CYCLE = pa.struct(
    [
        pa.field("window", pa.int32()),  # of the video, from 1
        pa.field("cycle", pa.int32()),  # of the window, from 1
        pa.field("mask_iou", pa.float64()),
        pa.field("graph_network_iou", pa.float64()),
        pa.field("graph_movement", pa.float64()),
        pa.field("area_fraction", pa.float64()),
        pa.field("graph_s", pa.float64()),
        pa.field("network_s", pa.float64()),
    ]
)

# One row a video. Columns after `error_message` are null where the video failed before they were known.
OUTCOME_SCHEMA = pa.schema(
    [
        pa.field("video_id", pa.string(), nullable=False),
        pa.field("uri", pa.string(), nullable=False),
        pa.field("status", pa.string(), nullable=False),  # ok, failed, skipped
        pa.field("error_type", pa.string()),  # class of the error; InputError and its like are the video's fault
        pa.field("error_message", pa.string()),
        pa.field("warning", pa.string()),  # what kept an `ok` video from being read to its end
        pa.field("frames", pa.int64()),  # frames segmented
        pa.field("height", pa.int32()),  # of the video, upright, in pixels
        pa.field("width", pa.int32()),
        pa.field("fps", pa.float64()),  # null for a folder of frames
        pa.field("shots", pa.int32()),
        pa.field("windows", pa.int32()),
        pa.field("cycles", pa.int32()),  # of all windows
        pa.field("converged", pa.bool_()),  # in every window
        pa.field("cut", pa.float64()),  # mean of the frames' cuts
        pa.field("history", pa.list_(_CYCLE)),
        pa.field("seconds", pa.float64(), nullable=False),
        *(pa.field(f"seconds_{stage}", pa.float64()) for stage in STAGES),
        pa.field("device", pa.string(), nullable=False),
        pa.field("config_digest", pa.string(), nullable=False),
        pa.field("version", pa.string(), nullable=False),
    ]
)

# One row a frame.
FRAME_SCHEMA = pa.schema(
    [
        pa.field("video_id", pa.string(), nullable=False),
        pa.field("frame_index", pa.int64(), nullable=False),  # position in the video, from 0
        pa.field("timestamp_s", pa.float64()),  # presentation time; null for a folder of frames
        pa.field("shot", pa.int32(), nullable=False),  # of the video, from 1
        pa.field("window", pa.int32(), nullable=False),  # of the video, from 1: the one that finished the frame
        pa.field("cut", pa.float64(), nullable=False),  # the soft mask above it is object
        pa.field(  # COCO run-length code at the video's own size: pycocotools.mask.decode(row) takes it
            "mask",
            pa.struct([pa.field("size", pa.list_(pa.int32())), pa.field("counts", pa.string())]),
            nullable=False,
        ),
        pa.field("box", pa.list_(pa.int32())),  # x0, y0, x1, y1, half-open, in pixels; null for an empty mask
        pa.field("area_fraction", pa.float64(), nullable=False),  # share of the frame that the mask covers
        pa.field("mean_score", pa.float64()),  # mean soft mask inside the mask; null for an empty one
    ]
)


def write_table(uri: str, rows: Sequence[dict[str, Any]], schema: pa.Schema) -> None:
    """Writes rows as one Parquet file of exactly `schema`, atomically."""
    sink = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(list(rows), schema=schema), sink, compression="zstd")
    write_bytes(uri, sink.getvalue())


def read_folder(folder: str, schema: pa.Schema, columns: Sequence[str] | None = None) -> pa.Table:
    """All rows of the Parquet files of a folder, in the order of the files' names; no rows where there is no file.

    Raises `InputError` like `read_table`.
    """
    wanted = schema if columns is None else pa.schema([schema.field(name) for name in columns])
    files = [uri for uri in list_folder(folder) if uri.endswith(".parquet")]
    return pa.concat_tables([wanted.empty_table(), *(read_table(uri, wanted) for uri in files)])


def read_table(uri: str, schema: pa.Schema) -> pa.Table:
    """The rows of one Parquet file, with the columns of `schema`. Raises `InputError` where it is not such a file."""
    with open_binary(uri) as stream:
        try:
            return parquet.read_table(stream, columns=schema.names).cast(schema)
        except (pa.ArrowInvalid, pa.ArrowKeyError, ValueError, OSError) as error:
            raise InputError(
                f"cannot read {uri}: expected Parquet with the columns {', '.join(schema.names)}. {error}. "
                "To make it again, remove it and the video's file in outcomes/, and run `ike-ray segment` again"
            ) from error
