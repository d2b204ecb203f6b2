"""What was accepted of a run's masks, by confidence, so that you can choose a threshold for masks that nobody looked at."""

from collections import Counter
from collections.abc import Set
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from ike_ray.metrics.proportion import estimate_share_interval
from ike_ray.run.folder import RunFolder
from ike_ray.run.review_file import REASONS
from ike_ray.run.reviews import read_reviews

NUM_BANDS = 10  # of equal width, between the confidences 0 and 1


@dataclass(frozen=True, kw_only=True)
class Band:
    """Videos with masks whose confidences are alike, or all of them."""

    num_videos: int
    num_accepted: int
    num_rejected: int

    @property
    def num_reviewed(self) -> int:
        """Return the number of videos on which there is a verdict."""
        return self.num_accepted + self.num_rejected

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the 95 % interval of the share that is accepted, or None if nothing is reviewed."""
        return estimate_share_interval(self.num_accepted, self.num_reviewed)


@dataclass(frozen=True, kw_only=True)
class ReviewSummary:
    """How far a run is reviewed, and how it went."""

    total: Band
    bands: tuple[Band, ...]  # the lowest confidence is first; the last band holds confidence 1 as well
    reasons: dict[str, int]  # how often each was given for a rejection


def read_review_summary(run: RunFolder) -> ReviewSummary:
    """Return what was accepted and rejected of the videos of a run. This works while the run grows."""
    reviews = read_reviews(run)
    given = Counter(reason for reasons in reviews["reasons"].to_pylist() for reason in reasons)
    bands = list_bands(run)
    total = Band(
        num_videos=sum(band.num_videos for band in bands),
        num_accepted=sum(band.num_accepted for band in bands),
        num_rejected=sum(band.num_rejected for band in bands),
    )
    return ReviewSummary(total=total, bands=tuple(bands), reasons={name: given[name] for name in REASONS})


def list_bands(run: RunFolder, *, without: Set[str] = frozenset()) -> list[Band]:
    """Return the bands of the videos that have masks, but for those in `without`."""
    reviews = read_reviews(run)
    verdicts = dict(zip(reviews["video_id"].to_pylist(), reviews["verdict"].to_pylist(), strict=True))
    outcomes = run.read_outcomes(["video_id", "status", "confidence"])
    ok = outcomes.filter(pc.equal(outcomes["status"], "ok"))
    counts: list[Counter[str]] = [Counter() for _ in range(NUM_BANDS)]
    for video_id, confidence in zip(ok["video_id"].to_pylist(), ok["confidence"].to_pylist(), strict=True):
        if video_id not in without:
            counts[find_band(confidence)].update(["video", verdicts.get(video_id, "none")])
    return [Band(num_videos=own["video"], num_accepted=own["accepted"], num_rejected=own["rejected"]) for own in counts]


def find_band(confidence: float) -> int:
    """Return the number of the band that a confidence is in, from 0. The page's script does the same."""
    return min(NUM_BANDS - 1, max(0, int(confidence * NUM_BANDS)))


def describe_reviews(run: RunFolder, videos: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the page's script has to know of reviews, and give each of the page's `videos` its verdict.

    `elsewhere` has the counts of videos, accepted and rejected, of each band for the videos that are not in the page.
    """
    reviews = {row.pop("video_id"): row for row in read_reviews(run).to_pylist()}
    for video in videos:
        if video["id"] in reviews:
            own = reviews[video["id"]]
            kept = {"verdict": own["verdict"], "reasons": own["reasons"], "reviewed": own["reviewed"].isoformat()}
            video["review"] = kept
    elsewhere = list_bands(run, without={video["id"] for video in videos})
    return {
        "reasons": REASONS,
        "elsewhere": [[band.num_videos, band.num_accepted, band.num_rejected] for band in elsewhere],
    }
