"""Results in two lines: `results = ike_ray.load(RUN)`, and then one question."""

import subprocess
import sys
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import av
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import ike_ray
from ike_ray.config import Config
from ike_ray.errors import InputError
from ike_ray.masks.rle import read_rle
from ike_ray.results import Results
from ike_ray.run.description import create_run
from ike_ray.run.parts import pack_inbox
from ike_ray.run.segmented import read_segmented
from ike_ray.run.tables import FRAME_SCHEMA, OUTCOME_SCHEMA, write_table
from tests.drawn_review import add_verdicts
from tests.drawn_run import HEIGHT, WIDTH, DrawnRun


@pytest.fixture
def results(drawn_run: DrawnRun) -> Results:
    return ike_ray.load(drawn_run.run.uri)


def test_tables_are_those_of_the_run(results: Results, drawn_run: DrawnRun) -> None:
    assert results.videos == ["bear", "sub/cat.mp4", "dog.mp4"]
    assert results.outcomes.schema == OUTCOME_SCHEMA
    statuses = results.outcomes.to_pandas().set_index("video_id")["status"].to_dict()
    assert statuses == dict.fromkeys(results.videos, "ok") | {"x.mp4": "failed"}
    assert results.frames.schema == FRAME_SCHEMA
    assert results.frames.count_rows() == 10
    pack_inbox(drawn_run.run)
    assert results.frames.count_rows() == 10  # read anew


def test_frames_are_filtered_before_they_are_read(results: Results, drawn_run: DrawnRun) -> None:
    rows = results.frames.to_table(
        columns=["frame_index", "mask"], filter=(pc.field("video_id") == "sub/cat.mp4") & (pc.field("frame_index") > 1)
    ).to_pylist()
    assert [row["frame_index"] for row in rows] == [3, 5]
    np.testing.assert_array_equal(read_rle(rows[0]["mask"]), drawn_run.masks["sub/cat.mp4"][1])


def test_masks_come_one_at_a_time(results: Results, drawn_run: DrawnRun) -> None:
    for name in results.videos:
        masks = results.read_masks(name)
        assert iter(masks) is masks
        np.testing.assert_array_equal(np.stack(list(masks)), drawn_run.masks[name])


def test_overlays_come_from_the_video(results: Results, tmp_path: Path) -> None:
    overlays = list(results.read_overlays("sub/cat.mp4"))
    assert [overlay.shape for overlay in overlays] == [(HEIGHT, WIDTH, 3)] * 3
    (tmp_path / "videos" / "sub" / "cat.mp4").rename(tmp_path / "cat.mp4")
    with pytest.raises(InputError, match=r"sub/cat\.mp4 has gone"):
        next(results.read_overlays("sub/cat.mp4"))
    moved = list(results.read_overlays("sub/cat.mp4", uri=f"{tmp_path}/cat.mp4"))
    np.testing.assert_array_equal(moved, overlays)


def test_pictures_are_the_frames_that_have_masks(results: Results) -> None:
    pictures = list(results.read_pictures("bear"))
    with av.open(f"{next(iter(read_segmented(results.run, ['bear']))).uri}/img_8.jpg") as image:
        expected = next(image.decode(video=0)).to_ndarray(format="rgb24")
    assert len(pictures) == 4
    assert np.abs(pictures[1].astype(int) - expected).mean() < 5  # two decoders of JPEG
    assert (pictures[1] != next(results.read_overlays("bear"))).any()


def test_a_video_without_masks_is_told_at_once(results: Results) -> None:
    for name in ("x.mp4", "none"):
        for read in (results.read_masks, results.read_pictures, results.read_overlays):
            with pytest.raises(InputError, match=f"has no masks of '{name}'"):
                read(name)


def test_scores_are_there_once_they_were_written(results: Results, drawn_run: DrawnRun) -> None:
    assert results.scores == {}
    schema = pa.schema([pa.field("sequence", pa.string()), pa.field("j_mean", pa.float64())])
    write_table(drawn_run.run.file("metrics", "sequences.parquet"), [{"sequence": "bear", "j_mean": 0.5}], schema)
    assert {name: table.to_pylist() for name, table in results.scores.items()} == {
        "sequences": [{"sequence": "bear", "j_mean": 0.5}]
    }


def test_a_run_that_has_nothing_yet_has_empty_tables(tmp_path: Path) -> None:
    results = ike_ray.load(create_run(f"{tmp_path}/new", Config(), "videos", []).uri)
    assert (results.videos, results.outcomes.num_rows, results.frames.count_rows()) == ([], 0, 0)


def test_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a run folder"):
        ike_ray.load(str(tmp_path))


def test_results_do_not_change(results: Results, drawn_run: DrawnRun) -> None:
    assert results == replace(results)
    with pytest.raises(FrozenInstanceError):
        results.run = drawn_run.run  # type: ignore[misc]


def test_the_package_itself_is_imported_in_no_time() -> None:
    code = "import sys, ike_ray; print([name for name in ('pyarrow', 'cv2', 'av', 'torch') if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_reviews_are_there_once_somebody_looked(results: Results, drawn_run: DrawnRun) -> None:
    assert results.reviews.num_rows == 0
    add_verdicts(drawn_run.run, {"bear": "accepted", "dog.mp4": ["leaks"]})
    assert results.reviews.select(["video_id", "verdict", "reasons"]).to_pylist() == [
        {"video_id": "bear", "verdict": "accepted", "reasons": []},
        {"video_id": "dog.mp4", "verdict": "rejected", "reasons": ["leaks"]},
    ]
