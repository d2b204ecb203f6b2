"""The columns of a run's Parquet files, with explicit types, so that any part of a run reads like any other."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from ike_ray.errors import InputError
from ike_ray.records import STAGES
from ike_ray.storage.files import list_folder, open_binary, read_bytes, write_bytes

# COCO run-length code at the video's own size: pycocotools.mask.decode(row) takes it.
_MASK = pa.struct([pa.field("size", pa.list_(pa.int32())), pa.field("counts", pa.string())])
_OBJECT = pa.struct(
    [
        pa.field("number", pa.int32()),  # of the object, from 1, the same in all frames of the video
        pa.field("mask", _MASK),
        pa.field("box", pa.list_(pa.int32())),
        pa.field("area_fraction", pa.float64()),
    ]
)
_CYCLE = pa.struct(
    [
        pa.field("window", pa.int32()),  # of the video, from 1
        pa.field("cycle", pa.int32()),  # of the window, from 1
        pa.field("mask_iou", pa.float64()),
        pa.field("graph_network_iou", pa.float64()),
        pa.field("confidence", pa.float64()),
        pa.field("graph_movement", pa.float64()),
        pa.field("area_fraction", pa.float64()),
        pa.field("graph_s", pa.float64()),
        pa.field("network_s", pa.float64()),
    ]
)

_STAGE = pa.struct(
    [
        pa.field("stage", pa.string()),
        pa.field("cpu_s", pa.float64()),  # seconds of all threads of the worker's process
        pa.field("peak_mb", pa.float64()),  # resident memory of that process at most, in 10^6 bytes
        pa.field("gpu_peak_mb", pa.float64()),  # tensors on the GPU at most; null without one
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
        pa.field("confidence", pa.float64()),  # mean of the frames' confidences
        pa.field("history", pa.list_(_CYCLE)),
        pa.field("tiles", pa.list_(pa.int64())),  # frame_index of each column of strips/NAME.jpg and layers/NAME.jpg
        pa.field("seconds", pa.float64(), nullable=False),
        *(pa.field(f"seconds_{stage}", pa.float64()) for stage in STAGES),
        pa.field("profile", pa.list_(_STAGE)),  # with `--profile`
        pa.field("tries", pa.int32(), nullable=False),  # processes that worked on it; 1 where nothing went wrong
        pa.field("losses", pa.int32(), nullable=False),  # of these, killed from outside or with their machine
        pa.field("finished", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("host", pa.string(), nullable=False),  # the machine that finished it
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
        pa.field("confidence", pa.float64(), nullable=False),  # in [0, 1]: how far to trust the mask, see `cycle.confidence`
        pa.field("mask", _MASK, nullable=False),
        pa.field("box", pa.list_(pa.int32())),  # x0, y0, x1, y1, half-open, in pixels; null for an empty mask
        pa.field("area_fraction", pa.float64(), nullable=False),  # share of the frame that the mask covers
        pa.field("mean_score", pa.float64()),  # mean soft mask inside the mask; null for an empty one
        pa.field("objects", pa.list_(_OBJECT)),  # parts of the mask, smallest number first; null where it is one object
    ]
)


# What was asked for.
ASKED_SCHEMA = pa.schema([pa.field("video_id", pa.string(), nullable=False), pa.field("uri", pa.string(), nullable=False)])


def write_table(uri: str, rows: Sequence[dict[str, Any]], schema: pa.Schema) -> None:
    """Writes rows as one Parquet file of exactly `schema`, atomically."""
    write_groups(uri, [pa.Table.from_pylist(list(rows), schema=schema)], schema)


def estimate_size(rows: Sequence[dict[str, Any]], schema: pa.Schema) -> int:
    """Bytes that the rows add to a Parquet file of `schema` as a row group."""
    return len(_build_parquet([pa.Table.from_pylist(list(rows), schema=schema)], schema)) - len(_build_parquet([], schema))


def write_groups(uri: str, tables: Iterable[pa.Table], schema: pa.Schema) -> None:
    """Writes tables as one Parquet file of exactly `schema`, each as a row group of its own, atomically."""
    write_bytes(uri, _build_parquet(tables, schema))


def _build_parquet(tables: Iterable[pa.Table], schema: pa.Schema) -> bytes:
    sink = io.BytesIO()
    with parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
        for table in tables:
            writer.write_table(table, row_group_size=max(1, table.num_rows))
    return sink.getvalue()


def list_tables(folder: str) -> list[str]:
    """URIs of the Parquet files of a folder, in natural order."""
    return [uri for uri in list_folder(folder) if uri.endswith(".parquet")]


def read_table(uri: str, schema: pa.Schema, *, video_id: str | None = None) -> pa.Table:
    """The rows of one Parquet file, with the columns of `schema`; with `video_id` only that video's, reading no others.

    Raises `InputError` where there is no such file, or it is not such a file.
    """
    filters = None if video_id is None else [("video_id", "==", video_id)]
    data = io.BytesIO(read_bytes(uri)) if video_id is None else open_binary(uri)
    with data as stream:
        try:
            return parquet.read_table(stream, columns=schema.names, filters=filters).cast(schema)
        except (pa.ArrowInvalid, pa.ArrowKeyError, ValueError, OSError) as error:
            raise InputError(
                f"cannot read {uri}: expected Parquet with the columns {', '.join(schema.names)}. {error}. "
                "Remove it, and the file of the same name in outcomes/ if there is one, and run `ike-ray segment` again: "
                "what it held is made anew"
            ) from error
