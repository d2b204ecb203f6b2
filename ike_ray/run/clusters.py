"""What a run knows of clusters: its folders `descriptors` and `semantics`.

RUN/descriptors/DIGEST-NAME.parquet    descriptors of the regions of some videos, under settings of that digest
RUN/semantics/labels.parquet           the label that each seed gives each region
RUN/semantics/clusters.parquet         one row for each cluster: its size and its centre
RUN/semantics/sheets/cluster-0001.jpg  the regions nearest to its centre
RUN/semantics/names.csv                a name for each label, to be edited
RUN/semantics/summary.json             settings, seeds and how far they agree; written last, when all the rest is there
"""

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from ike_ray.errors import InputError
from ike_ray.run.folder import RunFolder
from ike_ray.run.tables import MEANING, read_table
from ike_ray.storage.files import is_file, read_bytes, write_bytes

_NAME_COLUMNS = ["label", "name"]


def _field(name: str, kind: pa.DataType, meaning: str, *, nullable: bool = False) -> pa.Field:
    return pa.field(name, kind, nullable=nullable, metadata={MEANING: meaning})


_REGION = (
    _field("video_id", pa.string(), "as in outcomes"),
    _field("frame_index", pa.int64(), "as in frames; null in the row of a video that has no regions", nullable=True),
    _field(
        "number", pa.int32(), "the object's number in that frame, 1 if the mask is one object; null likewise", nullable=True
    ),
)

# One row for each region. A video without regions has one row, with `error` if its pictures could not be read.
DESCRIPTOR_SCHEMA = pa.schema(
    [
        *_REGION,
        _field("box", pa.list_(pa.int32()), "the crop's box: x0, y0, x1, y1, half-open, in pixels", nullable=True),
        _field("descriptor", pa.list_(pa.float32()), "the descriptor, which has unit length", nullable=True),
        _field(
            "error", pa.string(), "why the video has no descriptors, with the error's class; null if it has", nullable=True
        ),
    ]
)

# One row for each region and seed.
LABEL_SCHEMA = pa.schema(
    [
        _field("video_id", pa.string(), "as in outcomes"),
        _field("frame_index", pa.int64(), "as in frames"),
        _field("number", pa.int32(), "the object's number in that frame, 1 if the mask is one object"),
        _field("seed", pa.int32(), "the seed of k-means"),
        _field(
            "label",
            pa.int32(),
            "the number of its cluster, from 1, the largest first; numbers of different seeds have nothing in common",
        ),
    ]
)

# One row for each cluster of the seed that was chosen.
CLUSTER_SCHEMA = pa.schema(
    [
        _field("label", pa.int32(), "the cluster's number, from 1, the largest first; 0 is always background"),
        _field("regions", pa.int64(), "how many regions have the label"),
        _field("videos", pa.int64(), "how many videos have such a region"),
        _field("spread", pa.float64(), "the mean square distance of its regions to the centre"),
        _field("centre", pa.list_(pa.float32()), "the mean of its descriptors, reduced to components if the settings say so"),
    ]
)


def read_summary(run: RunFolder) -> dict[str, Any] | None:
    """Return what `summary.json` says, or None if the run has no clusters."""
    uri = run.file("semantics", "summary.json")
    return json.loads(read_bytes(uri)) if is_file(uri) else None


def write_summary(run: RunFolder, summary: Mapping[str, Any]) -> None:
    """Write `summary.json`. It is written last, since it says that the rest is there."""
    run.write_file((json.dumps(summary, indent=2, allow_nan=False) + "\n").encode(), "semantics", "summary.json")


def read_clusters(run: RunFolder) -> pa.Table:
    """Return the rows of clusters.parquet, label 1 first."""
    return read_table(run.file("semantics", "clusters.parquet"), CLUSTER_SCHEMA)


def sheet_names(label: int) -> tuple[str, ...]:
    """Return the place of a cluster's contact sheet below the run."""
    return "semantics", "sheets", f"cluster-{label:04d}.jpg"


def sheet_file(run: RunFolder, label: int) -> str:
    """Return the URI of the contact sheet of a cluster."""
    return run.file(*sheet_names(label))


def read_names(run: RunFolder) -> dict[int, str]:
    """Return the name of each cluster of the run, such as `cluster 3` if nobody named it; empty without clusters.

    Raises `InputError` if names.csv is not as `parse_names` wants it.
    """
    summary = read_summary(run)
    if summary is None:
        return {}
    uri = run.file("semantics", "names.csv")
    named = parse_names(read_bytes(uri), uri) if is_file(uri) else {}
    return {label: named.get(label) or name_cluster(label) for label in range(1, summary["clusters"] + 1)}


def name_cluster(label: int) -> str:
    """Return what a cluster is called until somebody names it."""
    return f"cluster {label}"


def parse_names(data: bytes, source: str) -> dict[int, str]:
    """Return the names by labels, from CSV with the columns label and name. Rows without a name are left out.

    Raises `InputError` naming `source` if a column is missing, or if a label is no label or is there twice.
    """
    try:
        reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))  # spreadsheets write a byte order mark
        missing = set(_NAME_COLUMNS) - set(reader.fieldnames or ())
        if missing:
            raise ValueError(f"no column {', '.join(sorted(missing))}")
        found: dict[int, str] = {}
        for row in reader:
            label, name = int(row["label"]), (row["name"] or "").strip()
            if label < 1 or label in found:
                raise ValueError(f"label {label} is {'there twice' if label in found else 'background or less'}")
            found[label] = name
    except (TypeError, ValueError, csv.Error) as error:  # UnicodeDecodeError is a ValueError
        raise InputError(
            f"cannot read names from {source}: expected CSV with a first line `{','.join(_NAME_COLUMNS)}` and a row for "
            f"each cluster, such as `3,dog`, found otherwise: {error}. Correct it"
        ) from error
    return {label: name for label, name in found.items() if name}


def read_seed_labels(run: RunFolder, video_id: str) -> list[dict[tuple[int, int], int]]:
    """Return for each seed the labels of a video's regions, by frame_index and number. A region without one is background, 0.

    Raises `InputError` if the run has no clusters.
    """
    summary = read_summary(run)
    if summary is None:
        raise InputError(
            f"cannot score the run {run.uri} by classes: expected a number for each cluster of the whole set, found regions "
            "without labels. Run `ike-ray semantics` on it"
        )
    rows = read_table(run.file("semantics", "labels.parquet"), LABEL_SCHEMA, video_id=video_id).to_pylist()
    labels: dict[int, dict[tuple[int, int], int]] = {entry["seed"]: {} for entry in summary["seeds"]}
    for row in rows:
        labels[row["seed"]][row["frame_index"], row["number"]] = row["label"]
    return list(labels.values())


def write_names(run: RunFolder, names: Mapping[int, str]) -> None:
    """Write names.csv with a row for each label."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_NAME_COLUMNS, *([label, name] for label, name in sorted(names.items()))])
    write_bytes(run.file("semantics", "names.csv"), text.getvalue().encode())
