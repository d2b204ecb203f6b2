"""The columns of a run's Parquet files, with explicit types, so that any part of a run reads like any other."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

import fsspec
import pyarrow as pa
from pyarrow import dataset, parquet

from ike_ray.errors import InputError
from ike_ray.records import STAGES
from ike_ray.storage.faults import translate_faults
from ike_ray.storage.files import list_folder, open_binary, read_bytes, write_bytes


def build_field(name: str, kind: pa.DataType, meaning: str, *, nullable: bool = True) -> pa.Field:
    """Return a column with its meaning, which Parquet files carry too."""
    return pa.field(name, kind, nullable=nullable, metadata={MEANING: meaning})


# The key of a column's meaning in its metadata.
MEANING = "meaning"
_INT, _LONG, _FLOAT, _TEXT = pa.int32(), pa.int64(), pa.float64(), pa.string()

_MASK = pa.struct([pa.field("size", pa.list_(_INT)), pa.field("counts", _TEXT)])
_RLE = "COCO run-length code at the video's own size, which pycocotools.mask.decode takes"
_BOX = "x0, y0, x1, y1, half-open, in pixels; null for an empty mask"
_OBJECT = pa.struct(
    [
        build_field(
            "number", _INT, "the object's number, from 1, the same in all frames of the video; a region's, in its image"
        ),
        build_field("mask", _MASK, _RLE),
        build_field("box", pa.list_(_INT), _BOX),
        build_field("area_fraction", _FLOAT, "the share of the frame that it covers"),
        build_field("label", _INT, "the number of its cluster in the corpus, from 1, by `ike-ray semantics`; null before"),
    ]
)
_CYCLE = pa.struct(
    [
        build_field("window", _INT, "the number of the window in the video, from 1"),
        build_field("cycle", _INT, "the number of the cycle in the window, from 1; 0 if no network was asked"),
        build_field("mask_iou", _FLOAT, "the mean IoU of this cycle's masks with the last cycle's; null in the first"),
        build_field("graph_network_iou", _FLOAT, "the mean IoU of the graph's masks and the network's; null in cycle 0"),
        build_field("confidence", _FLOAT, "the mean of its frames' confidences"),
        build_field("graph_movement", _FLOAT, "the mean absolute movement of the soft mask in the last iteration"),
        build_field("area_fraction", _FLOAT, "the mean share of the frame that the mask covers"),
        build_field("graph_s", _FLOAT, "the seconds that the graph took"),
        build_field("network_s", _FLOAT, "the seconds that the network took"),
    ]
)
_STAGE = pa.struct(
    [
        build_field("stage", _TEXT, f"{', '.join(STAGES[:-1])} or {STAGES[-1]}"),
        build_field("cpu_s", _FLOAT, "the processor seconds of all threads of the worker's process"),
        build_field("peak_mb", _FLOAT, "the peak resident memory of that process, in 10^6 bytes"),
        build_field("gpu_peak_mb", _FLOAT, "the peak memory of tensors on the GPU, in 10^6 bytes; null without a GPU"),
    ]
)

# One row for each video. Columns after `error_message` are null if the video failed before they were known.
OUTCOME_SCHEMA = pa.schema(
    [
        build_field("video_id", _TEXT, "unique in the corpus", nullable=False),
        build_field("uri", _TEXT, "where the video is, without credentials", nullable=False),
        build_field("status", _TEXT, "ok, failed or skipped", nullable=False),
        build_field("error_type", _TEXT, "the class of the error; InputError and its like are the video's fault"),
        build_field("error_message", _TEXT, "what failed, what was expected and what was found, and what to try"),
        build_field("warning", _TEXT, "what kept an `ok` video from being read to its end, and how many windows were halved"),
        build_field("frames", _LONG, "how many frames were segmented; 1 for an image"),
        build_field("height", _INT, "the height of the upright video, in pixels"),
        build_field("width", _INT, "the width of the upright video, in pixels"),
        build_field("fps", _FLOAT, "the frames a second that the file states; null for a folder of frames"),
        build_field("shots", _INT, "how many shots the video was cut into; null in a spectral run"),
        build_field("windows", _INT, "how many windows all shots have; null in a spectral run"),
        build_field("cycles", _INT, "how many cycles all windows have; null in a spectral run"),
        build_field(
            "converged",
            pa.bool_(),
            "whether the stopping rule ended every window's cycles; in a spectral run, whether eigenvectors are exact enough",
        ),
        build_field("cut", _FLOAT, "the mean of the frames' cuts"),
        build_field("confidence", _FLOAT, "the mean of the frames' confidences, in [0, 1]"),
        build_field("history", pa.list_(_CYCLE), "each cycle of each window; empty in a spectral run"),
        build_field("tiles", pa.list_(_LONG), "the frame_index of each column of strips/NAME.jpg and layers/NAME.jpg"),
        build_field(
            "seconds",
            _FLOAT,
            "the worker's seconds from taking the video to this row; if it was taken in a group, its share of them",
            nullable=False,
        ),
        *(build_field(f"seconds_{stage}", _FLOAT, f"the seconds of the stage {stage}") for stage in STAGES),
        build_field("profile", pa.list_(_STAGE), "the processor time and memory of each stage; null without `--profile`"),
        build_field("tries", _INT, "how many processes worked on it; 1 if nothing went wrong", nullable=False),
        build_field("losses", _INT, "how many of these were killed from outside or with their machine", nullable=False),
        build_field("finished", pa.timestamp("us", tz="UTC"), "when this row was made", nullable=False),
        build_field("host", _TEXT, "the machine that finished it", nullable=False),
        build_field("device", _TEXT, "cpu or cuda", nullable=False),
        build_field("config_digest", _TEXT, "the digest of the settings that change a mask", nullable=False),
        build_field("version", _TEXT, "the version of ike_ray", nullable=False),
    ]
)

# One row for each frame.
FRAME_SCHEMA = pa.schema(
    [
        build_field("video_id", _TEXT, "as in outcomes", nullable=False),
        build_field("frame_index", _LONG, "the frame's position in the video, from 0", nullable=False),
        build_field("timestamp_s", _FLOAT, "the presentation time; null for a folder of frames"),
        build_field("shot", _INT, "the number of the shot in the video, from 1", nullable=False),
        build_field("window", _INT, "the number, from 1, of the window that finished the frame", nullable=False),
        build_field("cut", _FLOAT, "the threshold; a soft mask above it is object", nullable=False),
        build_field(
            "confidence",
            _FLOAT,
            "how far to trust the mask, in [0, 1]: see `cycle.confidence` and `spectral.confidence`",
            nullable=False,
        ),
        build_field("mask", _MASK, _RLE, nullable=False),
        build_field("box", pa.list_(_INT), _BOX),
        build_field("area_fraction", _FLOAT, "the share of the frame that the mask covers", nullable=False),
        build_field("mean_score", _FLOAT, "the mean of the soft mask inside the mask; null for an empty mask"),
        build_field(
            "objects",
            pa.list_(_OBJECT),
            "the parts of the mask, or its regions, smallest number first; null if it is one object",
        ),
    ]
)

# The videos that were asked for.
ASKED_SCHEMA = pa.schema(
    [
        build_field("video_id", _TEXT, "unique in the corpus", nullable=False),
        build_field("uri", _TEXT, "where the video is", nullable=False),
    ]
)


def write_table(uri: str, rows: Sequence[dict[str, Any]], schema: pa.Schema) -> None:
    """Write rows as one Parquet file of exactly `schema`, atomically."""
    write_groups(uri, [pa.Table.from_pylist(list(rows), schema=schema)], schema)


def estimate_size(rows: Sequence[dict[str, Any]], schema: pa.Schema) -> int:
    """Return the bytes that the rows add to a Parquet file of `schema` as a row group."""
    return len(_build_parquet([pa.Table.from_pylist(list(rows), schema=schema)], schema)) - len(_build_parquet([], schema))


def write_groups(uri: str, tables: Iterable[pa.Table], schema: pa.Schema) -> None:
    """Write tables as one Parquet file of exactly `schema`, each as a row group of its own, atomically."""
    write_bytes(uri, _build_parquet(tables, schema))


def _build_parquet(tables: Iterable[pa.Table], schema: pa.Schema) -> bytes:
    sink = io.BytesIO()
    with parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
        for table in tables:
            writer.write_table(table, row_group_size=max(1, table.num_rows))
    return sink.getvalue()


def list_tables(folder: str) -> list[str]:
    """Return the URIs of the Parquet files of a folder, in natural order."""
    return [uri for uri in list_folder(folder) if uri.endswith(".parquet")]


def read_table(uri: str, schema: pa.Schema, *, video_id: str | Sequence[str] | None = None) -> pa.Table:
    """Return the rows of one Parquet file, with the columns of `schema`.

    With one or several `video_id` only the rows of those videos are read. Raises `InputError` if there is no such file, or
    it is not such a file.
    """
    ids = [video_id] if isinstance(video_id, str) else video_id
    filters = None if ids is None else [("video_id", "in", list(ids))]
    data = io.BytesIO(read_bytes(uri)) if video_id is None else open_binary(uri)
    with data as stream:
        try:
            return parquet.read_table(stream, columns=schema.names, filters=filters).cast(schema)
        except (pa.ArrowInvalid, pa.ArrowKeyError, ValueError, OSError) as error:
            raise InputError(
                f"cannot read {uri}: expected Parquet with the columns {', '.join(schema.names)}. {error}. "
                "Remove it, and the file of the same name in outcomes/ if there is one, and give the same command again: "
                "what it held is made again"
            ) from error


def open_tables(uris: Sequence[str], schema: pa.Schema) -> dataset.Dataset:
    """Return the rows of the files as an Arrow dataset with the columns of `schema`.

    Arrow pushes filters and columns down to the files, so that only what is asked for is read. All files are on one file
    system. The dataset is empty if there are no files.
    """
    if not uris:
        return dataset.dataset(schema.empty_table())
    with translate_faults(uris[0]):
        filesystem, _ = fsspec.core.url_to_fs(uris[0], use_listings_cache=False)
        paths = [filesystem._strip_protocol(uri) for uri in uris]
        return dataset.dataset(paths, schema=schema, format="parquet", filesystem=filesystem)
