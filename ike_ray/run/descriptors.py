"""Descriptors of regions, in files of some videos each, under the digest of the settings that they were made with."""

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float32
from pyarrow import parquet

from ike_ray.run.clusters import DESCRIPTOR_SCHEMA
from ike_ray.run.folder import RunFolder
from ike_ray.run.tables import list_tables, read_table, write_groups
from ike_ray.storage.credentials import hide_credentials
from ike_ray.storage.files import read_bytes, remove_files

SETTINGS = "settings"  # the key of the settings in a file's metadata, as JSON

_IDS = pa.schema([DESCRIPTOR_SCHEMA.field(name) for name in ("video_id", "error")])


def write_descriptors(
    run: RunFolder,
    video_ids: Sequence[str],
    rows: Sequence[dict[str, Any]],
    errors: Mapping[str, str],
    *,
    digest: str,
    settings: str,
) -> None:
    """Write the descriptors of some videos, and why some of them have none, as one file whose name goes by their ids.

    `errors` are texts, by video. The file holds the settings, of which `digest` is made, as metadata. Raises `RunError`.
    """
    has_rows = {row["video_id"] for row in rows}
    others = [
        {"video_id": video_id, "error": hide_credentials(errors[video_id]) if video_id in errors else None}
        for video_id in video_ids
        if video_id not in has_rows
    ]
    schema = DESCRIPTOR_SCHEMA.with_metadata({SETTINGS: settings})
    table = pa.Table.from_pylist([*rows, *others], schema=schema)
    name = hashlib.sha256("\n".join(video_ids).encode()).hexdigest()[:16]
    uri = run.file("descriptors", f"{digest}-{name}.parquet")
    run.keep_writing(lambda: write_groups(uri, [table], schema))


def list_descriptor_files(run: RunFolder, digest: str) -> list[str]:
    """Return the files of descriptors of that digest, in the order of their names."""
    return [uri for uri in list_tables(run.file("descriptors")) if uri.rpartition("/")[2].startswith(f"{digest}-")]


def read_described(run: RunFolder, digest: str) -> dict[str, str | None]:
    """Return the ids of the videos that have descriptors, and of those whose pictures could not be read with the error."""
    found: dict[str, str | None] = {}
    for uri in list_descriptor_files(run, digest):
        table = read_table(uri, _IDS)
        found |= zip(table["video_id"].to_pylist(), table["error"].to_pylist(), strict=True)
    return found


def drop_failed(run: RunFolder, digest: str) -> int:
    """Remove the rows of videos that failed, so that these are tried again, and return how many there were."""
    num_dropped = 0
    for uri in list_descriptor_files(run, digest):
        table = _read_whole(uri)
        kept = table.filter(pc.is_null(table["error"]))
        num_dropped += table.num_rows - kept.num_rows
        if kept.num_rows == 0:
            remove_files([uri])
        elif kept.num_rows < table.num_rows:
            write_groups(uri, [kept], table.schema)
    return num_dropped


def read_descriptors(uris: Iterable[str]) -> Iterator[tuple[pa.Table, Float32[np.ndarray, "n d"]]]:
    """Yield the rows (video_id, frame_index, number, box) and descriptors of each file that has regions. Holds one file.

    A video counts once. A video that a lost process had described may be in two files.
    """
    seen: set[str] = set()
    for uri in uris:
        table = read_table(uri, DESCRIPTOR_SCHEMA)
        table = table.filter(pc.is_valid(table["descriptor"]))
        own = set(table["video_id"].to_pylist())
        if own & seen:
            table = table.filter(pc.is_in(table["video_id"], value_set=pa.array(sorted(own - seen), pa.string())))
        seen |= own
        if table.num_rows:
            lists = table["descriptor"].combine_chunks()
            values = lists.flatten().to_numpy(zero_copy_only=False).reshape(table.num_rows, -1)
            yield table.drop_columns(["descriptor", "error"]), values


def _read_whole(uri: str) -> pa.Table:
    """Return all rows with the file's own metadata."""
    return parquet.read_table(io.BytesIO(read_bytes(uri)))
