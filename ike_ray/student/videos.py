"""Which videos of which runs a student learns from, and which are held out."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ike_ray.config import SamplesConfig
from ike_ray.errors import InputError
from ike_ray.run.description import open_run
from ike_ray.run.reviews import list_accepted
from ike_ray.run.segmented import MaskedVideo, list_masked
from ike_ray.run.tables import OUTCOME_SCHEMA, build_field

# The most held-out videos, however many are learned from. Eight frames of each stay in memory for the whole training.
_MAX_HELD_OUT_VIDEOS = 64


@dataclass(frozen=True, kw_only=True)
class TrainingVideos:
    """The videos of a training."""

    learned: tuple[MaskedVideo, ...]
    held_out: tuple[MaskedVideo, ...]

    def list_rows(self) -> list[dict[str, Any]]:
        """Return a row for each video, with the columns of `VIDEOS_SCHEMA`."""
        sides = ((self.learned, False), (self.held_out, True))
        return [asdict(video) | {"is_held_out": is_held_out} for videos, is_held_out in sides for video in videos]


VIDEOS_SCHEMA = pa.schema(
    [
        build_field("run", pa.string(), "the folder of the run whose masks are learned", nullable=False),
        build_field("digest", pa.string(), "the digest of the run's settings", nullable=False),
        build_field(
            "rows_file", pa.string(), "the file that held the video's frame rows when the training began", nullable=False
        ),
        *(OUTCOME_SCHEMA.field(name) for name in ("video_id", "uri", "height", "width", "fps", "confidence")),
        build_field("frames", pa.int64(), "how many frames of the video have masks", nullable=False),
        build_field("is_held_out", pa.bool_(), "whether it is not learned but measured", nullable=False),
    ]
)


def list_training_videos(runs: Sequence[str], config: SamplesConfig, seed: int) -> TrainingVideos:
    """Return the videos of the runs that have masks and enough confidence, with some of them held out.

    With `only_accepted` they are those whose masks a person accepted. What is learned of them is the same: their masks.
    Raises `InputError` if a folder is no run, if nothing of it is accepted, or if there is nothing to learn from.
    """
    found = [video for uri in runs for video in list_masked(open_run(uri))]
    if config.only_accepted:
        accepted = {uri: list_accepted(open_run(uri)) for uri in runs}
        found = [video for video in found if video.video_id in accepted[video.run]]
    chosen = [video for video in found if video.confidence >= config.min_video_confidence]
    videos = hold_out(chosen, config, seed)
    if not videos.learned:
        raise InputError(
            f"nothing to learn from in {', '.join(runs)}: expected videos with masks and a confidence of at least "
            f"samples.min_video_confidence = {config.min_video_confidence:g}, found {len(chosen)} of {len(found)}. "
            "Lower that setting, or look at the run with `ike-ray status`"
        )
    return videos


def hold_out(videos: Sequence[MaskedVideo], config: SamplesConfig, seed: int) -> TrainingVideos:
    """Hold out the videos whose places have the smallest hashes, so that a video that two runs have is on the same side in
    both.
    """
    places = sorted({video.uri for video in videos}, key=lambda uri: hashlib.sha256(f"{seed}\n{uri}".encode()).digest())
    wanted = math.ceil(config.held_out_fraction * len(places)) if len(places) > 1 else 0
    held_out = set(places[: min(wanted, _MAX_HELD_OUT_VIDEOS)])
    return TrainingVideos(
        learned=tuple(video for video in videos if video.uri not in held_out),
        held_out=tuple(video for video in videos if video.uri in held_out),
    )


def read_training_videos(rows: Sequence[dict[str, Any]]) -> TrainingVideos:
    """Return the videos of rows that `TrainingVideos.list_rows` returned."""
    sides: tuple[list[MaskedVideo], list[MaskedVideo]] = ([], [])
    for row in rows:
        values = dict(row)
        sides[values.pop("is_held_out")].append(MaskedVideo(**values))
    return TrainingVideos(learned=tuple(sides[False]), held_out=tuple(sides[True]))


def list_visits(videos: Sequence[MaskedVideo], config: SamplesConfig, seed: int, *, skip: int, count: int) -> list[dict]:
    """Return a row for each time that a video is to be opened, with what is known of it and its `phase`.

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
