"""The layout of a run folder, which answers what was asked, what is done, what failed and why.

    RUN/run.yaml                     settings, their digest, versions, input
    RUN/manifest.parquet             what was asked for: one row for each video
    RUN/outcomes/part-00000.parquet  one row for each video that is done, thousands of videos in a file
    RUN/frames/part-00000.parquet    one row for each frame of the same videos
    RUN/inbox/outcomes/NAME.parquet  the row of a video that is done and not yet in a part, and inbox/frames/NAME.parquet
    RUN/attempts/NAME.json           a video that is worked on now, or was when its worker died
    RUN/driver/000001.json           the process that runs the job now, or ran it last: see `run.lease`
    RUN/strips/NAME.jpg              overlays of some frames for the report, and layers/NAME.jpg how they were found
    RUN/masks/NAME/00000.png         on request, like soft/NAME/00000.png, overlays/NAME.mp4 and flow/VIDEO_ID/fwd_of/...
    RUN/cutouts/NAME.png             of a spectral run with task matte, for videos NAME/00000.png; and composites/ on request
    RUN/descriptors, semantics       what `semantics` found: see `run.clusters`
    RUN/metrics/*.parquet            what `evaluate` found, with RUN/summary.json
    RUN/reviews.parquet              what a person said of the masks: see `run.reviews`
    RUN/report.html                  what `report` made

NAME is fixed by the video's id and the digest of the settings: a readable part and 16 hexadecimal digits. A video is done
exactly when its outcome row exists, in the inbox or in a part.
"""

import hashlib
import itertools
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ike_ray.errors import ConfigError, InputError, RunError, TransientError
from ike_ray.records import VideoRef
from ike_ray.run.tables import FRAME_SCHEMA, OUTCOME_SCHEMA, list_tables, read_table, write_table
from ike_ray.storage.credentials import hide_credentials
from ike_ray.storage.faults import keep_trying
from ike_ray.storage.files import is_file, join_uri, safe_name, write_bytes


@dataclass(frozen=True, kw_only=True)
class RunFolder:
    """A run's folder and the digest of the settings that its files belong to."""

    uri: str
    digest: str
    patience_s: float = 0.0  # for so many seconds a storage that does not take a file is tried again

    def video_name(self, video_id: str) -> str:
        """Return the name that all files of a video carry."""
        identity = hashlib.sha256(f"{self.digest}\n{video_id}".encode()).hexdigest()[:16]
        return f"{safe_name(video_id, longest=60)}-{identity}"

    def file(self, *names: str) -> str:
        """Return the URI of a file or folder below the run's."""
        return join_uri(self.uri, *names)

    def inbox_file(self, kind: str, video_id: str) -> str:
        """Return the URI of a video's own rows; `kind` is outcomes or frames."""
        return self.file("inbox", kind, f"{self.video_name(video_id)}.parquet")

    def write_file(self, data: bytes, *names: str) -> None:
        """Put a file below the run's folder. Raises `RunError` like `keep_writing`, as everything that writes here does."""
        self.keep_writing(lambda: write_bytes(self.file(*names), data))

    def write_frames(self, video_id: str, rows: Sequence[dict[str, Any]]) -> None:
        """Write the frame rows of one video."""
        self.keep_writing(lambda: write_table(self.inbox_file("frames", video_id), rows, FRAME_SCHEMA))

    def write_outcome(self, row: dict[str, Any]) -> None:
        """Write the outcome row of one video. It is written last, since it says that the rest is there."""
        uri = self.inbox_file("outcomes", row["video_id"])
        self.keep_writing(lambda: write_table(uri, [row], OUTCOME_SCHEMA))

    def keep_writing(self, write: Callable[[], None]) -> None:
        """Call a function that writes below the run's folder, again and again for `patience_s` if the storage fails.

        Raises `RunError` after that, and at once if the folder may not be written, which is no video's fault.
        """
        try:
            keep_trying(write, self.patience_s)
        except RunError:
            raise
        except (TransientError, InputError) as error:
            raise RunError(f"cannot write to the run {self.uri}: {error}") from error

    def read_own_outcome(self, video_id: str) -> dict[str, Any] | None:
        """Return the outcome row of a video that is in the inbox, or None if there is none."""
        uri = self.inbox_file("outcomes", video_id)
        return read_table(uri, OUTCOME_SCHEMA).to_pylist()[0] if is_file(uri) else None

    def read_outcomes(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Return the outcome rows that exist, one for each video, in no particular order."""
        names = OUTCOME_SCHEMA.names if columns is None else list(columns)
        schema = pa.schema([OUTCOME_SCHEMA.field(name) for name in dict.fromkeys(["video_id", *names])])
        # The inbox is read first: a row that moves into a part meanwhile is then seen twice, and never missed.
        waiting = read_waiting(self, "outcomes", schema)
        parts = [read_table(uri, schema) for uri in list_tables(self.file("outcomes"))]
        table = pa.concat_tables([schema.empty_table(), *parts])
        waiting = waiting.filter(pc.invert(pc.is_in(waiting["video_id"], value_set=table["video_id"].combine_chunks())))
        return pa.concat_tables([table, waiting]).select(names)

    def read_frames(self, video_id: str) -> list[dict[str, Any]]:
        """Return the frame rows of one video, in order. Raises `InputError` if there are none."""
        own = self.inbox_file("frames", video_id)
        for uri in [own] if is_file(own) else list_tables(self.file("frames")):
            rows = read_table(uri, FRAME_SCHEMA, video_id=video_id).to_pylist()
            if rows:
                return rows
        raise InputError(
            f"there are no frame rows of {video_id} in {self.file('frames')}. To make them again, give the same command for "
            "a new folder: that video's outcome says that it is done"
        )

    def read_frame_columns(self, columns: Sequence[str], video_ids: Set[str]) -> dict[str, pa.Table]:
        """Return these columns of the frame rows of each of `video_ids` that has some, in no particular order of rows."""
        schema = pa.schema([FRAME_SCHEMA.field(name) for name in dict.fromkeys(["video_id", *columns])])
        wanted, found = pa.array(sorted(video_ids), pa.string()), {}
        waiting = read_waiting(self, "frames", schema)  # first, as in `read_outcomes`
        for table in [waiting, *(read_table(uri, schema) for uri in list_tables(self.file("frames")))]:
            chosen = table.filter(pc.is_in(table["video_id"], value_set=wanted)).sort_by("video_id")
            ids = chosen["video_id"].to_pylist()
            starts = [row for row in range(len(ids)) if row == 0 or ids[row] != ids[row - 1]]
            for start, stop in itertools.pairwise([*starts, len(ids)]):
                found[ids[start]] = chosen.slice(start, stop - start).select(columns)
        return found


def read_waiting(run: RunFolder, kind: str, schema: pa.Schema) -> pa.Table:
    """Return the rows of the inbox; `kind` is outcomes or frames."""
    tables = [schema.empty_table()]
    for uri in list_tables(run.file("inbox", kind)):
        try:
            tables.append(read_table(uri, schema))
        except InputError:
            if is_file(uri):  # otherwise it moved into a part since it was listed
                raise
    return pa.concat_tables(tables)


def list_missing(run: RunFolder, refs: Sequence[VideoRef]) -> list[VideoRef]:
    """Return the videos that have no outcome row yet, in their order. A run is resumed with them.

    Raises `ConfigError` if the run holds a video of the same id from another place.
    """
    outcomes = run.read_outcomes(["video_id", "uri"])
    columns = [pa.array([ref.video_id for ref in refs], pa.string()), outcomes["video_id"].combine_chunks()]
    positions = pc.index_in(columns[0], value_set=columns[1])
    missing = []
    for ref, position in zip(refs, positions, strict=True):
        if not position.is_valid:
            missing.append(ref)
            continue
        held = outcomes["uri"][position.as_py()].as_py()
        if held != hide_credentials(ref.uri):
            raise ConfigError(
                f"{run.uri} already holds a video {ref.video_id!r}, from {held}, not {hide_credentials(ref.uri)}. "
                "Use another --out, or a manifest that gives the videos ids of their own"
            )
    return missing
