import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import s3fs
from pyarrow import parquet

from benchmarks.faulty_s3 import set_environment, start_s3
from ike_ray.config import Config
from ike_ray.errors import ConfigError, InputError
from ike_ray.records import VideoRef
from ike_ray.run.description import create_run
from ike_ray.run.folder import RunFolder
from ike_ray.run.lease import hold_run, read_driver
from ike_ray.run.parts import pack_inbox
from ike_ray.run.review_file import parse_review_file
from ike_ray.run.reviews import REVIEW_SCHEMA, add_reviews, list_accepted, read_reviews
from ike_ray.run.rows import build_outcome_row
from tests.drawn_review import START, add_verdicts, write_review
from tests.drawn_run import DrawnRun


@pytest.fixture
def run(drawn_run: DrawnRun) -> RunFolder:
    return drawn_run.run


def list_verdicts(run: RunFolder) -> dict[str, str]:
    table = read_reviews(run)
    return dict(zip(table["video_id"].to_pylist(), table["verdict"].to_pylist(), strict=True))


def test_verdicts_become_a_table_beside_the_rows(run: RunFolder) -> None:
    assert read_reviews(run).num_rows == 0
    assert add_verdicts(run, {"dog.mp4": ["leaks", "flickers"], "bear": "accepted"}) == 2
    table = parquet.read_table(run.file("reviews.parquet"))
    assert table.schema == REVIEW_SCHEMA
    assert table == read_reviews(run)
    finished = {row["video_id"]: row["finished"] for row in run.read_outcomes(["video_id", "finished"]).to_pylist()}
    assert table.to_pylist() == [
        {"video_id": "bear", "finished": finished["bear"], "verdict": "accepted", "reasons": [], "reviewed": START},
        {
            "video_id": "dog.mp4",
            "finished": finished["dog.mp4"],
            "verdict": "rejected",
            "reasons": ["leaks", "flickers"],
            "reviewed": START,
        },
    ]
    assert list_accepted(run) == {"bear"}
    pack_inbox(run)  # the rows move, and the verdicts stay
    assert list_accepted(run) == {"bear"}


def test_the_later_verdict_wins_in_whatever_order_files_come(run: RunFolder) -> None:
    assert add_verdicts(run, {"bear": "accepted", "dog.mp4": ["leaks"]}, minute=5) == 2
    assert add_verdicts(run, {"bear": ["wrong object"], "sub/cat.mp4": "accepted"}, minute=3) == 1
    assert list_verdicts(run) == {"bear": "accepted", "dog.mp4": "rejected", "sub/cat.mp4": "accepted"}
    assert add_verdicts(run, {"bear": "accepted", "dog.mp4": ["leaks"]}, minute=5) == 0
    assert add_verdicts(run, {"dog.mp4": "accepted"}, minute=9) == 1
    assert list_accepted(run) == {"bear", "dog.mp4", "sub/cat.mp4"}


def test_a_verdict_that_was_taken_back_counts_as_none_and_stays_so(run: RunFolder) -> None:
    add_verdicts(run, {"bear": "accepted", "dog.mp4": "accepted"})
    assert add_verdicts(run, {"bear": "withdrawn"}, minute=1) == 1
    assert add_verdicts(run, {"bear": "accepted"}) == 0
    assert list_accepted(run) == {"dog.mp4"}


def test_without_an_accepted_video_there_is_nothing_to_choose(run: RunFolder) -> None:
    with pytest.raises(InputError, match=r"found none accepted and 0 rejected\. Look at its page, `ike-ray report`"):
        list_accepted(run)
    add_verdicts(run, {"bear": ["leaks"], "dog.mp4": "withdrawn"})
    with pytest.raises(InputError, match="found none accepted and 1 rejected"):
        list_accepted(run)


def test_what_is_not_about_this_run_is_refused_and_nothing_is_written(run: RunFolder, tmp_path: Path) -> None:
    other = create_run(f"{tmp_path}/other", Config(), "videos", [VideoRef(video_id="bear", uri="/v/bear")])
    row = build_outcome_row(
        VideoRef(video_id="bear", uri="/v/bear"), device="cpu", digest=other.digest, tries=1, losses=0, elapsed_s=1.0
    )
    other.write_outcome(row | {"status": "ok"})
    add_verdicts(other, {"bear": "accepted"})  # same settings, same id, another mask
    file = parse_review_file(Path(write_review(tmp_path / "b.json", other, {"bear": "accepted"})).read_bytes(), "b.json")
    with pytest.raises(InputError, match=r"cannot put b\.json into the run .*found 'bear', whose masks were made at another"):
        add_reviews(run, file)
    with pytest.raises(InputError, match="expected ids of its videos, found 'v0', 'v1', 'v2', 'v3', 'v4' and 2 more"):
        add_verdicts(run, {"bear": "accepted"} | {f"v{number}": "accepted" for number in range(7)})
    with pytest.raises(InputError, match=r"videos with masks, found 'x\.mp4', which failed or were skipped"):
        add_verdicts(run, {"x.mp4": "accepted"})
    with pytest.raises(InputError, match=f"of settings {run.digest}, found one of 000, from a run called 'run'"):
        add_reviews(
            run,
            parse_review_file(
                Path(write_review(tmp_path / "c.json", RunFolder(uri=run.uri, digest="000"), {})).read_bytes(), "c"
            ),
        )
    assert not (Path(run.uri) / "reviews.parquet").exists()
    assert read_driver(run) is None


def test_a_verdict_on_a_mask_that_was_made_anew_no_longer_counts(run: RunFolder) -> None:
    add_verdicts(run, {"bear": "accepted", "dog.mp4": "accepted"})
    (row,) = [row for row in run.read_outcomes().to_pylist() if row["video_id"] == "dog.mp4"]
    run.write_outcome(row | {"finished": START})  # it still waits in the inbox
    assert list_accepted(run) == {"bear"}
    assert add_verdicts(run, {"dog.mp4": ["leaks"]}) == 1
    assert list_verdicts(run) == {"bear": "accepted", "dog.mp4": "rejected"}


def test_a_run_that_is_worked_on_is_left_alone(run: RunFolder) -> None:
    with (
        hold_run(run, patience_s=0.0, upkeep=lambda: None, upkeep_every_s=1000.0),
        pytest.raises(ConfigError, match="is being worked on by process"),
    ):
        add_verdicts(run, {"bear": "accepted"})
    assert read_reviews(run).num_rows == 0
    assert add_verdicts(run, {"bear": "accepted"}) == 1
    assert read_driver(run) is None


def test_a_broken_table_is_told(run: RunFolder) -> None:
    Path(run.file("reviews.parquet")).write_bytes(b"PAR1")
    with pytest.raises(
        InputError, match=r"cannot read .*reviews\.parquet: .* or remove it and give `ike-ray review` the files"
    ):
        list_accepted(run)


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    s3fs.S3FileSystem.clear_instance_cache()  # of a server that other tests had
    with start_s3() as port, set_environment(port):
        s3fs.S3FileSystem().mkdir("reviews")
        yield "s3://reviews"
    s3fs.S3FileSystem.clear_instance_cache()


def test_a_run_in_object_storage_is_reviewed_like_any(run: RunFolder, bucket: str, tmp_path: Path) -> None:
    shutil.rmtree(run.file("driver"), ignore_errors=True)
    s3fs.S3FileSystem().put(f"{run.uri}/", f"{bucket}/run/", recursive=True)
    far = RunFolder(uri=f"{bucket}/run", digest=run.digest)
    assert add_verdicts(far, {"bear": "accepted"}) == 1
    assert add_verdicts(far, {"bear": ["leaks"], "dog.mp4": "accepted"}, minute=1) == 2
    assert list_accepted(far) == {"dog.mp4"}
    assert read_driver(far) is None
