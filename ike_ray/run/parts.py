"""Few well-sized Parquet files out of many small ones: the inbox of a run is moved into numbered parts.

Only the last part grows. It is written again under its own name, frames first and then outcomes, and then the inbox is
emptied. Whatever is killed in between, the same rows come out the next time: a part's outcomes say which of its frames
count, and rows in the inbox are dropped if a part holds their video. One process at a time may do this: see `lease`.
"""

import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import PurePosixPath

import pyarrow as pa
import pyarrow.compute as pc

from ike_ray.run.folder import RunFolder
from ike_ray.run.tables import FRAME_SCHEMA, OUTCOME_SCHEMA, list_tables, read_table, write_groups
from ike_ray.storage.files import is_file, remove_files

# A part is full with this much of frame rows (about half of it on disk) or this many videos. So it is read in a second or so,
# writing it again as it grows costs little, and a million videos make some thousands of files.
_FULL_BYTES = 64 * 2**20
_FULL_VIDEOS = 5000
# A row group has at least this many rows. It is read whole if one of its videos is asked for.
_LEAST_ROWS = 100
# This many small files are read or removed at once. A remote storage answers each in some tens of milliseconds.
_CONNECTIONS = 16
# This many videos are read from the inbox before a part is written, which bounds the memory.
_VIDEOS_A_STEP = 256


def pack_inbox(run: RunFolder, *, full_bytes: int = _FULL_BYTES, full_videos: int = _FULL_VIDEOS) -> int:
    """Move what waits in the inbox into parts, and return how many videos there were."""
    names = [PurePosixPath(uri).name for uri in list_tables(run.file("inbox", "outcomes"))]
    if not names:
        return 0
    held = read_held(run)
    num_packed = 0
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        for chosen in _split(names, _VIDEOS_A_STEP):
            outcomes = list(pool.map(lambda name: read_table(run.file("inbox", "outcomes", name), OUTCOME_SCHEMA), chosen))
            frames = list(pool.map(lambda name: _read_own_frames(run, name), chosen))
            new = [pair for pair in zip(outcomes, frames, strict=True) if pair[0]["video_id"][0].as_py() not in held]
            _append(run, new, full_bytes=full_bytes, full_videos=full_videos)
            held.update(table["video_id"][0].as_py() for table, _ in new)
            num_packed += len(new)
            files = [run.file("inbox", kind, name) for name in chosen for kind in ("outcomes", "frames")]
            list(pool.map(lambda uri: remove_files([uri]), files))
    return num_packed


def drop_outcomes(run: RunFolder, statuses: Sequence[str]) -> int:
    """Remove the outcome rows with these statuses, so that their videos are asked for again, and return how many."""
    pack_inbox(run)
    num_dropped = 0
    for uri in list_tables(run.file("outcomes")):
        table = read_table(uri, OUTCOME_SCHEMA)
        kept = table.filter(pc.invert(pc.is_in(table["status"], value_set=pa.array(statuses, pa.string()))))
        if kept.num_rows < table.num_rows:
            write_groups(uri, [kept], OUTCOME_SCHEMA)
            num_dropped += table.num_rows - kept.num_rows
    return num_dropped


@dataclass
class _Part:
    """The part that grows: its number, and for each of its videos a table of outcomes and one of frames."""

    number: int
    outcomes: list[pa.Table]
    frames: list[pa.Table]
    num_bytes: int = 0
    num_videos: int = 0

    def add(self, outcomes: pa.Table, frames: pa.Table) -> None:
        self.outcomes.append(outcomes)
        self.num_videos += outcomes.num_rows
        if frames.num_rows:
            self.frames.append(frames)
            self.num_bytes += frames.nbytes

    def write(self, run: RunFolder) -> None:
        name = f"part-{self.number:05d}.parquet"
        if self.frames:
            write_groups(run.file("frames", name), _merge_small(self.frames), FRAME_SCHEMA)
        else:
            remove_files([run.file("frames", name)])  # left by a process that was killed before it wrote the outcomes
        write_groups(run.file("outcomes", name), [pa.concat_tables(self.outcomes)], OUTCOME_SCHEMA)


def _merge_small(frames: Sequence[pa.Table]) -> Iterator[pa.Table]:
    """Yield the same rows as row groups of at least `_LEAST_ROWS`, as the descriptions of 5,000 groups are large."""
    waiting: list[pa.Table] = []
    for table in frames:
        waiting.append(table)
        if sum(own.num_rows for own in waiting) >= _LEAST_ROWS:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def _append(run: RunFolder, new: list[tuple[pa.Table, pa.Table]], *, full_bytes: int, full_videos: int) -> None:
    """Add videos to the last part, and to further parts as it fills."""
    part = _read_last(run)
    for outcomes, frames in new:
        if part.num_bytes >= full_bytes or part.num_videos >= full_videos:
            part.write(run)
            part = _Part(part.number + 1, [], [])
        part.add(outcomes, frames)
    if new:
        part.write(run)


def _read_last(run: RunFolder) -> _Part:
    parts = list_tables(run.file("outcomes"))
    if not parts:
        return _Part(0, [], [])
    part = _Part(int(PurePosixPath(parts[-1]).stem.rpartition("-")[2]), [], [])
    outcomes = read_table(parts[-1], OUTCOME_SCHEMA)
    part.add(outcomes, FRAME_SCHEMA.empty_table())
    uri = run.file("frames", PurePosixPath(parts[-1]).name)
    counted = set(outcomes["video_id"].to_pylist())
    for frames in split_by_video(read_table(uri, FRAME_SCHEMA)) if is_file(uri) else []:
        if frames["video_id"][0].as_py() in counted:
            part.add(OUTCOME_SCHEMA.empty_table(), frames)
    return part


def split_by_video(frames: pa.Table) -> list[pa.Table]:
    """Return the rows of each video, which lie together."""
    ids = frames["video_id"].to_pylist()
    starts = [row for row in range(len(ids)) if row == 0 or ids[row] != ids[row - 1]]
    return [frames.slice(start, stop - start) for start, stop in itertools.pairwise([*starts, len(ids)])]


def read_held(run: RunFolder) -> set[str]:
    """Return the ids of the videos whose outcomes are in parts."""
    schema = pa.schema([OUTCOME_SCHEMA.field("video_id")])
    return {i for uri in list_tables(run.file("outcomes")) for i in read_table(uri, schema)["video_id"].to_pylist()}


def _read_own_frames(run: RunFolder, name: str) -> pa.Table:
    uri = run.file("inbox", "frames", name)
    return read_table(uri, FRAME_SCHEMA) if is_file(uri) else FRAME_SCHEMA.empty_table()


def _split(names: list[str], size: int) -> list[list[str]]:
    return [names[start : start + size] for start in range(0, len(names), size)]
