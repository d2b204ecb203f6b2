import pytest

from ike_ray.report.reviews import Band, describe_reviews, find_band, list_bands, read_review_summary
from ike_ray.report.videos import describe_videos, list_shown
from ike_ray.run.folder import RunFolder
from tests.drawn_review import START, add_verdicts
from tests.report.written_run import write_segmented


@pytest.fixture
def reviewed(run: RunFolder) -> RunFolder:
    """Beside a.mp4, which has confidence 0.71, four videos: three are accepted, one is rejected, one is not reviewed."""
    for name, confidence in (("none", 0.0), ("low", 0.32), ("lower", 0.3), ("full", 1.0)):
        write_segmented(run, name, confidence=confidence)
    add_verdicts(run, {"a.mp4": "accepted", "full": "accepted", "lower": "accepted", "low": ["leaks", "flickers"]})
    add_verdicts(run, {"none": "withdrawn"})
    return run


def test_a_confidence_has_one_band() -> None:
    assert [find_band(value) for value in (0.0, 0.05, 0.1, 0.3, 0.71, 0.999, 1.0)] == [0, 0, 1, 3, 7, 9, 9]


def test_what_was_accepted_is_counted_by_confidence(reviewed: RunFolder) -> None:
    summary = read_review_summary(reviewed)
    assert summary.total == Band(num_videos=5, num_accepted=3, num_rejected=1)
    counts = {number: (band.num_videos, band.num_reviewed, band.num_accepted) for number, band in enumerate(summary.bands)}
    assert {number: own for number, own in counts.items() if own[0]} == {
        0: (1, 0, 0),
        3: (2, 2, 1),
        7: (1, 1, 1),
        9: (1, 1, 1),
    }
    assert summary.bands[0].interval is None
    assert summary.bands[3].interval == pytest.approx((0.0945, 0.9055), abs=1e-4)
    assert summary.reasons == {"wrong object": 0, "part missing": 0, "leaks": 1, "flickers": 1}


def test_a_run_that_nobody_reviewed_has_its_videos_counted(run: RunFolder) -> None:
    summary = read_review_summary(run)
    assert summary.total == Band(num_videos=1, num_accepted=0, num_rejected=0)
    assert summary.total.interval is None


def test_the_page_knows_verdicts_and_what_it_does_not_show(reviewed: RunFolder) -> None:
    """Of three videos the first two failed; what is not in the page is counted by its bands."""
    shown, _ = list_shown(reviewed, 4)
    videos = describe_videos(reviewed, shown, None)
    described = describe_reviews(reviewed, videos)
    assert [video["id"] for video in videos[2:]] == ["none", "lower"]
    assert [video.get("review") for video in videos] == [
        None,
        None,
        {"verdict": "withdrawn", "reasons": [], "reviewed": START.isoformat()},
        {"verdict": "accepted", "reasons": [], "reviewed": START.isoformat()},
    ]
    assert {number: own for number, own in enumerate(described["elsewhere"]) if any(own)} == {
        3: [1, 0, 1],
        7: [1, 1, 0],
        9: [1, 1, 0],
    }
    assert list_bands(reviewed, without={"a.mp4"})[7] == Band(num_videos=0, num_accepted=0, num_rejected=0)
