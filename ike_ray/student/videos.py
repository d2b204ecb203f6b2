"""Which videos of which runs a student learns from, and which are held out."""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ike_ray.config import SamplesConfig
from ike_ray.errors import InputError
from ike_ray.run.description import open_run
from ike_ray.run.folder import RunFolder
from ike_ray.run.reviews import list_accepted
from ike_ray.run.segmented import SegmentedVideo, list_frame_files
from ike_ray.run.tables import FRAME_SCHEMA, OUTCOME_SCHEMA, read_table
from ike_ray.storage.files import is_file

# The most held-out videos, however many are learned from. Eight frames of each stay in memory for the whole training.
_MAX_HELD_OUT_VIDEOS = 64
_OUTCOME_COLUMNS = ("video_id", "uri", "height", "width", "fps", "confidence")


@dataclass(frozen=True, kw_only=True)
class CorpusVideo:
    """A video of a run that has masks, and where its rows are."""

    run: str  # the URI of the run
    digest: str  # the digest of the run's settings
    rows_file: str  # the file of frame rows that held it when the training began
    video_id: str
    uri: str
    height: int
    width: int
    fps: float | None
    confidence: float
    frames: int
    is_held_out: bool = False


VIDEOS_SCHEMA = pa.schema(
    [
        *(pa.field(name, pa.string(), nullable=False) for name in ("run", "digest", "rows_file")),
        *(OUTCOME_SCHEMA.field(name) for name in _OUTCOME_COLUMNS),
        pa.field("frames", pa.int64(), nullable=False),
        pa.field("is_held_out", pa.bool_(), nullable=False),
    ]
)


def list_corpus_videos(runs: Sequence[str], config: SamplesConfig, seed: int) -> list[CorpusVideo]:
    """Return the videos of the runs that have masks and enough confidence, with some of them held out.

    With `only_accepted` they are those whose masks a person accepted. What is learned of them is the same: their masks.
    Raises `InputError` if a folder is no run, if nothing of it is accepted, or if there is nothing to learn from.
    """
    found = [video for uri in runs for video in _list_run_videos(open_run(uri))]
    if config.only_accepted:
        accepted = {uri: list_accepted(open_run(uri)) for uri in runs}
        found = [video for video in found if video.video_id in accepted[video.run]]
    chosen = [video for video in found if video.confidence >= config.min_video_confidence]
    videos = hold_out(chosen, config, seed)
    if all(video.is_held_out for video in videos):
        raise InputError(
            f"nothing to learn from in {', '.join(runs)}: expected videos with masks and a confidence of at least "
            f"samples.min_video_confidence = {config.min_video_confidence:g}, found {len(chosen)} of {len(found)}. "
            "Lower that setting, or look at the run with `ike-ray status`"
        )
    return videos


def hold_out(videos: Sequence[CorpusVideo], config: SamplesConfig, seed: int) -> list[CorpusVideo]:
    """Return the same videos with some of them held out, those whose places have the smallest hashes.

    So a video that two runs have is on the same side in both.
    """
    places = sorted({video.uri for video in videos}, key=lambda uri: hashlib.sha256(f"{seed}\n{uri}".encode()).digest())
    wanted = math.ceil(config.held_out_fraction * len(places)) if len(places) > 1 else 0
    held_out = set(places[: min(wanted, _MAX_HELD_OUT_VIDEOS)])
    return [replace(video, is_held_out=video.uri in held_out) for video in videos]


def list_visits(videos: Sequence[CorpusVideo], config: SamplesConfig, seed: int, *, skip: int, count: int) -> list[dict]:
    """Return a row for each time that a video is to be opened, with the columns of `VIDEOS_SCHEMA` and `phase`.

    All videos come in a random order, then all again in another. Rows that give the first `skip` frames are left out, and
    further rows follow until `count` frames are given. So a training goes on where it was.
    """
    visits, num_given, turn = [], 0, 0
    while num_given < skip + count:
        order = np.random.default_rng([seed, turn]).permutation(len(videos))
        for video in (videos[index] for index in order):
            step = -(-video.frames // config.frames_a_visit)
            if num_given >= skip and num_given < skip + count:
                visits.append(asdict(video) | {"phase": turn})
            num_given += len(range(turn % step, video.frames, step))
        turn += 1
    return visits


def read_corpus_video(video: CorpusVideo) -> SegmentedVideo:
    """Return the video with its rows. Raises `InputError` if they are gone."""
    rows: list[dict[str, Any]] = []
    if is_file(video.rows_file):  # otherwise they have moved into a part
        rows = read_table(video.rows_file, FRAME_SCHEMA, video_id=video.video_id).to_pylist()
    if not rows:
        rows = RunFolder(uri=video.run, digest=video.digest).read_frames(video.video_id)
    return SegmentedVideo(
        video_id=video.video_id,
        uri=video.uri,
        height=video.height,
        width=video.width,
        fps=video.fps,
        confidence=video.confidence,
        rows=tuple(rows),
    )


def _list_run_videos(run: RunFolder) -> Iterator[CorpusVideo]:
    outcomes = run.read_outcomes([*_OUTCOME_COLUMNS, "status"])
    ok = {row["video_id"]: row for row in outcomes.filter(pc.equal(outcomes["status"], "ok")).to_pylist()}
    ids = pa.schema([FRAME_SCHEMA.field("video_id")])
    for file in list_frame_files(run):
        counts = read_table(file, ids)["video_id"].value_counts().to_pylist()
        for video_id, frames in ((entry["values"], entry["counts"]) for entry in counts):
            if video_id in ok:
                values = {name: ok[video_id][name] for name in _OUTCOME_COLUMNS}
                yield CorpusVideo(run=run.uri, digest=run.digest, rows_file=file, frames=frames, **values)
