"""What people said of a run's masks: RUN/reviews.parquet, with one row for each video.

A verdict chooses videos for an export, a training or an evaluation. It never says where an object is.
"""

import math
from collections.abc import Iterable
from dataclasses import asdict, replace

import pyarrow as pa
import pyarrow.compute as pc

from ike_ray.errors import InputError
from ike_ray.run.folder import RunFolder
from ike_ray.run.lease import hold_run
from ike_ray.run.review_file import REASONS, VERDICTS, Review, ReviewFile
from ike_ray.run.tables import MEANING, read_table, write_table
from ike_ray.storage.files import is_file

_PATIENCE_S = 60.0  # a storage that fails is tried again for so long, since somebody waits for the command
_NUM_SHOWN = 5  # a message shows this many ids


def _field(name: str, kind: pa.DataType, meaning: str) -> pa.Field:
    return pa.field(name, kind, nullable=False, metadata={MEANING: meaning})


# One row for each video that somebody looked at.
REVIEW_SCHEMA = pa.schema(
    [
        _field("video_id", pa.string(), "as in outcomes"),
        _field("finished", pa.timestamp("us", tz="UTC"), "as in outcomes: when the mask was made that the person looked at"),
        _field("verdict", pa.string(), f"{', '.join(VERDICTS[:-1])}, or {VERDICTS[-1]}, which counts as none"),
        _field(
            "reasons",
            pa.list_(pa.string()),
            f"why it is rejected, as many as fit: {', '.join(REASONS)}; empty for other verdicts",
        ),
        _field("reviewed", pa.timestamp("us", tz="UTC"), "when the person gave the verdict"),
    ]
)


def read_reviews(run: RunFolder) -> pa.Table:
    """Return the verdicts on the masks that the run has, in the order of ids, those that were withdrawn as well.

    A verdict on a mask that has been made again since is left out. Raises `InputError` if the file cannot be read.
    """
    table = _read_all(run)
    if not table.num_rows:
        return table
    finished = _read_finished(run)
    columns = (table[name].to_pylist() for name in ("video_id", "finished"))
    is_current = [finished.get(video_id) == time for video_id, time in zip(*columns, strict=True)]
    return table.filter(pa.array(is_current, pa.bool_()))


def list_accepted(run: RunFolder) -> set[str]:
    """Return the ids of the videos whose masks a person accepted. Raises `InputError` if there are none."""
    reviews = read_reviews(run)
    accepted = reviews.filter(pc.equal(reviews["verdict"], "accepted"))["video_id"].to_pylist()
    if not accepted:
        num_rejected = pc.sum(pc.equal(reviews["verdict"], "rejected")).as_py() or 0
        raise InputError(
            f"cannot choose among the videos of {run.uri}: expected some that a person accepted, found none accepted and "
            f"{num_rejected} rejected. Look at its page, `ike-ray report`, save review.json there, and give it to "
            "`ike-ray review`"
        )
    return set(accepted)


def add_reviews(run: RunFolder, found: ReviewFile) -> int:
    """Put the verdicts of a `review.json` into the run, and return how many of them are newer than what the run had.

    Of two verdicts on one video the later one stays, in whatever order they come. The run is held meanwhile, so that two
    reviews do not write over each other. Raises `InputError`, before anything is written, if the file is another run's, and
    `ConfigError` if another process holds the run.
    """
    run = replace(run, patience_s=_PATIENCE_S)
    _check_run(run, found)
    with hold_run(run, patience_s=_PATIENCE_S, upkeep=lambda: None, upkeep_every_s=math.inf) as hold:
        held = [Review(**row | {"reasons": tuple(row["reasons"])}) for row in read_reviews(run).to_pylist()]
        merged = merge_reviews(held, found.reviews)
        num_new = len(set(merged) - set(held))
        if num_new:
            hold.check()
            rows = [asdict(review) for review in merged]
            run.keep_writing(lambda: write_table(_reviews_file(run), rows, REVIEW_SCHEMA))
    return num_new


def merge_reviews(*many: Iterable[Review]) -> list[Review]:
    """Return the latest review of each video, in the order of ids."""
    latest: dict[str, Review] = {}
    for review in (review for reviews in many for review in reviews):
        known = latest.get(review.video_id)
        if known is None or review.reviewed >= known.reviewed:
            latest[review.video_id] = review
    return [latest[video_id] for video_id in sorted(latest)]


def _check_run(run: RunFolder, found: ReviewFile) -> None:
    """Raise `InputError` unless every review is about a mask that the run has."""
    outcomes = {row["video_id"]: row for row in run.read_outcomes(["video_id", "status", "finished"]).to_pylist()}
    ids = [review.video_id for review in found.reviews]
    unknown = [video_id for video_id in ids if video_id not in outcomes]
    without = [video_id for video_id in ids if video_id in outcomes and outcomes[video_id]["status"] != "ok"]
    others = [
        review.video_id
        for review in found.reviews
        if review.video_id in outcomes and outcomes[review.video_id]["finished"] != review.finished
    ]
    if found.digest != run.digest:
        what = f"expected a review of settings {run.digest}, found one of {found.digest}, from a run called {found.run!r}"
    elif unknown:
        what = f"expected ids of its videos, found {_describe(unknown)}, which it does not have"
    elif without:
        what = f"expected verdicts on videos with masks, found {_describe(without)}, which failed or were skipped"
    elif others:
        what = (
            f"expected verdicts on the masks that it has, found {_describe(others)}, whose masks were made at another time: "
            "in another run, or before they were made anew"
        )
    else:
        return
    raise InputError(
        f"cannot put {found.source} into the run {run.uri}: {what}. Name the run whose page it was saved from, or review "
        "this one. Nothing was written"
    )


def _describe(video_ids: list[str]) -> str:
    shown = ", ".join(repr(video_id) for video_id in video_ids[:_NUM_SHOWN])
    return shown + (f" and {len(video_ids) - _NUM_SHOWN} more" if len(video_ids) > _NUM_SHOWN else "")


def _read_finished(run: RunFolder) -> dict[str, object]:
    """Return when the mask of each video was made."""
    outcomes = run.read_outcomes(["video_id", "status", "finished"])
    ok = outcomes.filter(pc.equal(outcomes["status"], "ok"))
    return dict(zip(ok["video_id"].to_pylist(), ok["finished"].to_pylist(), strict=True))


def _read_all(run: RunFolder) -> pa.Table:
    uri = _reviews_file(run)
    if not is_file(uri):
        return REVIEW_SCHEMA.empty_table()
    try:
        return read_table(uri, REVIEW_SCHEMA)
    except InputError as error:
        raise InputError(
            f"cannot read {uri}: expected the verdicts on a run's masks as Parquet, found something else. Put a copy of it "
            "back, or remove it and give `ike-ray review` the files review.json again"
        ) from error


def _reviews_file(run: RunFolder) -> str:
    return run.file("reviews.parquet")
