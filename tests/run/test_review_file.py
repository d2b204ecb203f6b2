import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ike_ray.errors import InputError
from ike_ray.run import review_file
from ike_ray.run.review_file import FORMAT, Review, parse_review_file, read_review_file

ENTRY = {
    "video_id": "a.mp4",
    "finished": "2026-01-01 09:00:00.123456+00:00",
    "verdict": "rejected",
    "reasons": ["flickers", "leaks", "leaks"],
    "reviewed": "2026-01-02T10:00:00.250Z",
}
FILE = {"format": FORMAT, "run": "first", "config_digest": "0" * 12, "reviews": [ENTRY]}


def parse(values: Any) -> Any:
    return parse_review_file(json.dumps(values).encode(), "/x/review.json")


def test_what_a_page_saved_is_read() -> None:
    found = parse(FILE)
    assert (found.run, found.digest, found.source) == ("first", "0" * 12, "/x/review.json")
    assert found.reviews == (
        Review(
            video_id="a.mp4",
            finished=datetime(2026, 1, 1, 9, 0, 0, 123456, tzinfo=UTC),
            verdict="rejected",
            reasons=("leaks", "flickers"),
            reviewed=datetime(2026, 1, 2, 10, 0, 0, 250000, tzinfo=UTC),
        ),
    )
    assert parse(FILE | {"reviews": []}).reviews == ()
    east = parse(FILE | {"reviews": [ENTRY | {"reviewed": "2026-01-02T12:00:00.250+02:00"}]})
    assert east.reviews == found.reviews


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "expected JSON, found otherwise"),
        (b'{"format": ', "expected JSON, found otherwise"),
        (b"\xff\xfe\x00", "expected JSON, found otherwise"),
        (b"[" * 100_000, "expected JSON, found otherwise"),
        (b"[1" + b"0" * 5000 + b"]", "expected JSON, found otherwise"),
        (b"[]", r"expected an object with the format 'ike_ray review 1', found \[\]"),
        (b'{"format": "ike_ray review 9"}', "found 'ike_ray review 9'"),
        (b'{"format": "ike_ray review 1", "run": 3}', "expected the texts run and config_digest and the list reviews"),
    ],
)
def test_what_is_no_review(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=r"cannot use /x/review\.json: .*" + message) as caught:
        parse_review_file(data, "/x/review.json")
    assert str(caught.value).endswith("`ike-ray report`. Nothing was written")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"video_id": 3}, "expected a text as video_id, found 3"),
        ({"verdict": "maybe"}, "expected one of the verdicts accepted, rejected, withdrawn, found 'maybe'"),
        ({"verdict": ["accepted"]}, r"expected one of the verdicts .*, found \['accepted'\]"),
        ({"reasons": ["ugly"]}, "reasons among wrong object, part missing, leaks, flickers, found"),
        ({"reasons": "leaks"}, "expected a list of reasons"),
        ({"reasons": [["leaks"]]}, "expected a list of reasons"),
        ({"verdict": "accepted"}, "expected no reasons for the verdict accepted"),
        ({"reviewed": "yesterday"}, "expected reviewed to be a time with its zone"),
        ({"reviewed": "2026-01-02T10:00:00"}, "expected reviewed to be a time with its zone"),
        ({"reviewed": 17}, "expected reviewed to be a time with its zone"),
        ({"reviewed": "0001-01-01T00:00:00+14:00"}, "expected reviewed to be a time with its zone"),
        ({"finished": None}, "expected finished to be a time with its zone"),
        (
            {"reviewed": (datetime.now(UTC) + timedelta(days=2)).isoformat()},
            "expected a time of review that has passed",
        ),
    ],
)
def test_which_entry_is_wrong_is_told(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=rf"review\.json, reviews\[1\]: .*{message}"):
        parse(FILE | {"reviews": [ENTRY, ENTRY | change]})


@pytest.mark.parametrize("entry", [None, "a.mp4", {}, {key: value for key, value in ENTRY.items() if key != "finished"}])
def test_an_entry_has_all_that_it_needs(entry: Any) -> None:
    with pytest.raises(InputError, match=r"reviews\[0\]: expected an object with video_id, finished, verdict, reasons"):
        parse(FILE | {"reviews": [entry]})


def test_a_huge_file_is_not_even_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "review.json"
    with path.open("wb") as stream:
        stream.truncate(65 * 10**6)  # takes no space on the disk
    monkeypatch.setattr(review_file, "read_bytes", lambda uri: pytest.fail("it was read"))
    with pytest.raises(InputError, match="expected a review of at most 64 MB, found 65 MB"):
        read_review_file(str(path))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.json"):
        read_review_file(f"{tmp_path}/none.json")
    with pytest.raises(InputError, match="expected a file, found a folder"):
        read_review_file(str(tmp_path))
