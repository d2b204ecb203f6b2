"""How far a run is, from its folder alone."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ike_ray.run.attempts import count_attempts
from ike_ray.run.description import read_asked
from ike_ray.run.folder import RunFolder
from ike_ray.run.lease import read_driver
from ike_ray.run.reviews import read_reviews

# The speed is that of the last videos, back to this long before the newest, so that pauses and earlier machines do not count.
_RECENT = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class RunStatus:
    """What a run folder says about its progress."""

    num_asked: int
    num_remaining: int  # videos that were asked for and have no outcome
    num_working: int  # those of them that a worker has now, or had when it died
    reasons: tuple[tuple[str, str, int, int, float], ...]  # status, error type, videos, frames, seconds of workers
    frames_per_s: float | None  # of all workers together; None before two videos are done
    left_s: float | None  # the time left; None if it is not known
    driver: dict[str, Any] | None  # host and pid of the process that runs the job; None if none does
    num_accepted: int  # videos whose masks a person accepted
    num_rejected: int


def read_status(run: RunFolder) -> RunStatus:
    """Return what was asked, done, failed by reason and reviewed, what remains, the speed and the time left.

    This works while the run grows, from any machine.
    """
    outcomes = run.read_outcomes(["video_id", "status", "error_type", "frames", "seconds", "finished"])
    asked = read_asked(run)
    done = pc.is_in(asked["video_id"], value_set=outcomes["video_id"].combine_chunks())
    num_remaining = asked.num_rows - (pc.sum(done).as_py() or 0)
    frames_per_s, videos_per_s = _read_speed(outcomes)
    verdicts = Counter(read_reviews(run)["verdict"].to_pylist())
    return RunStatus(
        num_asked=asked.num_rows,
        num_remaining=num_remaining,
        num_working=min(num_remaining, count_attempts(run)),
        reasons=_count_reasons(outcomes),
        frames_per_s=frames_per_s,
        left_s=num_remaining / videos_per_s if videos_per_s else None,
        driver=read_driver(run),
        num_accepted=verdicts["accepted"],
        num_rejected=verdicts["rejected"],
    )


def _count_reasons(outcomes: pa.Table) -> tuple[tuple[str, str, int, int, float], ...]:
    """Return how many videos ended how, with `ok` first, and then by status and error type."""
    filled = outcomes.set_column(
        outcomes.column_names.index("error_type"), "error_type", outcomes["error_type"].fill_null("")
    )
    groups = filled.group_by(["status", "error_type"]).aggregate(
        [("video_id", "count"), ("frames", "sum"), ("seconds", "sum")]
    )
    rows = [
        (row["status"], row["error_type"], row["video_id_count"], row["frames_sum"] or 0, row["seconds_sum"])
        for row in groups.to_pylist()
    ]
    return tuple(sorted(rows, key=lambda row: (row[0] != "ok", row)))


def _read_speed(outcomes: pa.Table) -> tuple[float | None, float | None]:
    """Return frames and videos a second: those of all recent outcomes but the oldest, over the time since the oldest."""
    if outcomes.num_rows == 0:
        return None, None
    newest = pc.max(outcomes["finished"]).as_py()
    recent = outcomes.filter(pc.greater_equal(outcomes["finished"], pa.scalar(newest - _RECENT, outcomes["finished"].type)))
    recent = recent.sort_by("finished")
    seconds = (newest - recent["finished"][0].as_py()).total_seconds()
    if seconds <= 0:
        return None, None
    return (pc.sum(recent["frames"].slice(1)).as_py() or 0) / seconds, (recent.num_rows - 1) / seconds
