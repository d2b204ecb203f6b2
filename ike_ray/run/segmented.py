"""The masks of a run, one video after the other, wherever their rows lie: in the inbox or in a part."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ike_ray.errors import InputError
from ike_ray.run.description import read_asked
from ike_ray.run.folder import RunFolder, read_waiting
from ike_ray.run.parts import read_held, split_by_video
from ike_ray.run.tables import FRAME_SCHEMA, OUTCOME_SCHEMA, list_tables, read_table
from ike_ray.storage.files import is_file

_COLUMNS = ("video_id", "uri", "status", "height", "width", "fps", "confidence")
_MASKED_COLUMNS = (*(name for name in _COLUMNS if name != "status"), "frames")
_OUTCOME_COLUMNS = pa.schema([OUTCOME_SCHEMA.field(name) for name in _COLUMNS])


@dataclass(frozen=True, kw_only=True)
class SegmentedVideo:
    """A video that has masks."""

    video_id: str
    uri: str  # where it is, without credentials
    height: int  # the height of its frames, upright
    width: int
    fps: float | None  # as the file states it; None for a folder of frames
    confidence: float  # the mean over its frames
    rows: tuple[dict[str, Any], ...]  # one for each frame, in order: see `FRAME_SCHEMA`


@dataclass(frozen=True, kw_only=True)
class MaskedVideo:
    """A video of a run that has masks, and where its frame rows are: what is known of it without reading them."""

    run: str  # the URI of the run
    digest: str  # the digest of the run's settings
    rows_file: str  # the file of frame rows that held it when it was listed
    video_id: str
    uri: str
    height: int
    width: int
    fps: float | None
    confidence: float
    frames: int

    def build_video(self, rows: Sequence[dict[str, Any]]) -> SegmentedVideo:
        """Return the video with its rows, or with some of them."""
        values = {name: getattr(self, name) for name in _COLUMNS if name != "status"}
        return SegmentedVideo(**values, rows=tuple(rows))


def list_segmented(run: RunFolder) -> list[str]:
    """Return the ids of the videos that have masks, in the order in which the run was asked for them."""
    outcomes = run.read_outcomes(["video_id", "status"])
    has_masks = outcomes.filter(pc.equal(outcomes["status"], "ok"))["video_id"].combine_chunks()
    asked = read_asked(run)["video_id"]
    in_order = asked.filter(pc.is_in(asked, value_set=has_masks)).combine_chunks()
    others = has_masks.filter(pc.invert(pc.is_in(has_masks, value_set=in_order)))  # those that no manifest names
    return [*in_order.to_pylist(), *others.to_pylist()]


def read_segmented(run: RunFolder, video_ids: Collection[str]) -> Iterator[SegmentedVideo]:
    """Yield each of these videos that has masks, in the order of the run's files. The rows of one part are in memory.

    Raises `InputError` if a file of rows cannot be read.
    """
    wanted = set(video_ids)
    # The inbox is read first: what moves into a part meanwhile is found there.
    for outcome in _list_ok(read_waiting(run, "outcomes", _OUTCOME_COLUMNS), wanted):
        frames = _read_waiting_frames(run, outcome["video_id"])
        if frames is not None:
            wanted.remove(outcome["video_id"])
            yield _build_video(outcome, frames)
    for uri in list_tables(run.file("outcomes")):
        outcomes = {outcome["video_id"]: outcome for outcome in _list_ok(read_table(uri, _OUTCOME_COLUMNS), wanted)}
        if not outcomes:
            continue
        for frames in split_by_video(read_table(run.file("frames", PurePosixPath(uri).name), FRAME_SCHEMA)):
            video_id = frames["video_id"][0].as_py()
            if video_id in outcomes:
                wanted.remove(video_id)
                yield _build_video(outcomes[video_id], frames)


def read_part(videos: Sequence[MaskedVideo]) -> Iterator[SegmentedVideo]:
    """Yield these videos, whose rows are in one file, in the order of the file.

    Raises `InputError` if the file cannot be read.
    """
    by_id = {video.video_id: video for video in videos}
    frames = read_table(videos[0].rows_file, FRAME_SCHEMA, video_id=list(by_id))
    for own in split_by_video(frames):
        yield by_id[own["video_id"][0].as_py()].build_video(own.to_pylist())


def _list_ok(outcomes: pa.Table, wanted: set[str]) -> list[dict[str, Any]]:
    ok = outcomes.filter(pc.equal(outcomes["status"], "ok"))
    return [outcome for outcome in ok.to_pylist() if outcome["video_id"] in wanted]


def _read_waiting_frames(run: RunFolder, video_id: str) -> pa.Table | None:
    """Return the rows of a video in the inbox, or None if they have moved into a part."""
    uri = run.inbox_file("frames", video_id)
    try:
        return read_table(uri, FRAME_SCHEMA)
    except InputError:
        if is_file(uri):
            raise
        return None


def _build_video(outcome: dict[str, Any], frames: pa.Table) -> SegmentedVideo:
    values = {name: value for name, value in outcome.items() if name != "status"}
    return SegmentedVideo(**values, rows=tuple(frames.to_pylist()))


def list_frame_files(run: RunFolder) -> list[str]:
    """Return the files that together hold each frame row of the run once: the parts, and files of the inbox in no part.

    A process that was killed while it packed may have left what it packed in the inbox. It may also have left frames in the
    last part whose videos' outcomes still wait.
    """
    waiting = read_waiting(run, "outcomes", _OUTCOME_COLUMNS)
    names = waiting.filter(pc.equal(waiting["status"], "ok"))["video_id"].to_pylist()
    parts = list_tables(run.file("frames"))
    if names:
        ids = pa.schema([FRAME_SCHEMA.field("video_id")])
        packed = read_held(run).union(*(read_table(uri, ids)["video_id"].unique().to_pylist() for uri in parts[-1:]))
        names = [name for name in names if name not in packed]
    own = [run.inbox_file("frames", name) for name in names]
    return [*parts, *(uri for uri in own if is_file(uri))]


def list_masked(run: RunFolder) -> list[MaskedVideo]:
    """Return the videos of the run that have masks, in the order of the files that hold their rows."""
    outcomes = run.read_outcomes([*_MASKED_COLUMNS, "status"])
    ok = {row["video_id"]: row for row in outcomes.filter(pc.equal(outcomes["status"], "ok")).to_pylist()}
    ids = pa.schema([FRAME_SCHEMA.field("video_id")])
    return [
        MaskedVideo(run=run.uri, digest=run.digest, rows_file=uri, **{name: ok[video_id][name] for name in _MASKED_COLUMNS})
        for uri in list_frame_files(run)
        for video_id in read_table(uri, ids)["video_id"].unique().to_pylist()
        if video_id in ok
    ]


def read_masked(video: MaskedVideo) -> SegmentedVideo:
    """Return the video with its rows. Raises `InputError` if they are gone."""
    rows: list[dict[str, Any]] = []
    if is_file(video.rows_file):  # otherwise they have moved into a part
        rows = read_table(video.rows_file, FRAME_SCHEMA, video_id=video.video_id).to_pylist()
    return video.build_video(rows or RunFolder(uri=video.run, digest=video.digest).read_frames(video.video_id))
