"""`review.json`: what a person said of the masks of a run, as the run's page saves it.

A verdict is about the mask of a whole video, and it knows by `finished`, the time in the outcome row, which mask that was.
"""

import json
import reprlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

from ike_ray.errors import InputError
from ike_ray.storage.files import read_bytes, read_size

# withdrawn  A verdict was given and taken back, so nobody has decided.
Verdict = Literal["accepted", "rejected", "withdrawn"]
# wrong object  The mask is of something else.
# part missing  A part of the object is not in the mask, in most frames.
# leaks         The mask has much that is not the object.
# flickers      The mask comes and goes, or jumps from frame to frame.
Reason = Literal["wrong object", "part missing", "leaks", "flickers"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
REASONS: tuple[Reason, ...] = get_args(Reason)

FORMAT = "ike_ray review 1"
# This is room for some 300,000 verdicts. A page has thousands of videos, so a larger file is no review.
_MOST_BYTES = 64 * 10**6
# The clocks of two machines may differ by this much. A verdict from further in the future would win over every later one.
_MOST_AHEAD = timedelta(days=1)
_KEYS = ("video_id", "finished", "verdict", "reasons", "reviewed")
_WHAT_TO_TRY = "Save it again from the page of the run, `ike-ray report`. Nothing was written"


@dataclass(frozen=True, kw_only=True)
class Review:
    """What a person said of the mask of one video."""

    video_id: str
    finished: datetime  # the time in the outcome, at which the mask was made
    verdict: Verdict
    reasons: tuple[Reason, ...]  # why it was rejected, as many reasons as fit
    reviewed: datetime


@dataclass(frozen=True, kw_only=True)
class ReviewFile:
    """What a `review.json` says."""

    source: str  # the URI of the file
    run: str  # the name of the run's folder
    digest: str  # the digest of the run's settings
    reviews: tuple[Review, ...]


def read_review_file(uri: str) -> ReviewFile:
    """Return what a `review.json` says.

    Raises `InputError` if there is no such file, it is larger than 64 MB, it is no JSON, or it is not what a page saves.
    """
    size = read_size(uri)
    if size > _MOST_BYTES:
        raise InputError(
            f"cannot use {uri}: expected a review of at most {_MOST_BYTES / 1e6:.0f} MB, found {size / 1e6:.0f} MB. "
            f"{_WHAT_TO_TRY}"
        )
    return parse_review_file(read_bytes(uri), uri)


def parse_review_file(data: bytes, source: str) -> ReviewFile:
    """Return what the bytes of a `review.json` say. Raises `InputError` naming `source` if they are something else."""
    try:
        values = json.loads(data)
    except (ValueError, RecursionError) as error:  # text that is no Unicode is a ValueError too
        raise InputError(f"cannot use {source}: expected JSON, found otherwise: {error}. {_WHAT_TO_TRY}") from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        found = values.get("format") if isinstance(values, dict) else values
        raise _build_error(source, f"expected an object with the format {FORMAT!r}", found)
    run, digest, entries = (values.get(key) for key in ("run", "config_digest", "reviews"))
    if not isinstance(run, str) or not isinstance(digest, str) or not isinstance(entries, list):
        raise _build_error(source, "expected the texts run and config_digest and the list reviews", list(values))
    latest = datetime.now(UTC) + _MOST_AHEAD
    reviews = tuple(_parse_review(entry, f"{source}, reviews[{place}]", latest) for place, entry in enumerate(entries))
    return ReviewFile(source=source, run=run, digest=digest, reviews=reviews)


def _parse_review(entry: Any, place: str, latest: datetime) -> Review:
    if not isinstance(entry, dict) or not set(_KEYS) <= entry.keys():
        raise _build_error(place, f"expected an object with {', '.join(_KEYS)}", entry)
    video_id, verdict, reasons = entry["video_id"], entry["verdict"], entry["reasons"]
    if not isinstance(video_id, str):
        raise _build_error(place, "expected a text as video_id", video_id)
    if verdict not in VERDICTS:
        raise _build_error(place, f"expected one of the verdicts {', '.join(VERDICTS)}", verdict)
    if not isinstance(reasons, list) or not all(reason in REASONS for reason in reasons):
        raise _build_error(place, f"expected a list of reasons among {', '.join(REASONS)}", reasons)
    if reasons and verdict != "rejected":
        raise _build_error(place, f"expected no reasons for the verdict {verdict}", reasons)
    reviewed = _parse_time(entry["reviewed"], "reviewed", place)
    if reviewed > latest:
        raise _build_error(place, "expected a time of review that has passed", entry["reviewed"])
    finished = _parse_time(entry["finished"], "finished", place)
    kept = tuple(reason for reason in REASONS if reason in reasons)
    return Review(video_id=video_id, finished=finished, verdict=verdict, reasons=kept, reviewed=reviewed)


def _parse_time(text: Any, name: str, place: str) -> datetime:
    error = _build_error(place, f"expected {name} to be a time with its zone, such as 2026-01-31T12:00:00Z", text)
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is None:
            raise error
        return time.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as cause:
        raise error from cause


def _build_error(place: str, expected: str, found: Any) -> InputError:
    return InputError(f"cannot use {place}: {expected}, found {reprlib.repr(found)}. {_WHAT_TO_TRY}")
