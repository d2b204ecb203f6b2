from pathlib import Path

import numpy as np
import pytest

from ike_ray.config import Config
from ike_ray.datasets.sequence import TrueFrame
from ike_ray.errors import InputError
from ike_ray.evaluate.predictions import is_run, open_predictions
from ike_ray.masks.png import build_mask_png, build_objects_png, build_soft_png
from ike_ray.masks.rle import build_rle
from ike_ray.records import VideoRef
from ike_ray.run.description import create_run
from ike_ray.run.folder import RunFolder
from ike_ray.run.rows import build_outcome_row

FRAMES = [TrueFrame(index=index, name=f"frame{index + 1:04d}") for index in range(3)]
MASK = np.array([[True, True, False], [False, False, False]])
NUMBERS = np.array([[1, 2, 0], [0, 0, 0]], np.uint8)


def write_outcome(run: RunFolder, video_id: str, status: str = "ok") -> None:
    ref = VideoRef(video_id=video_id, uri=f"/{video_id}")
    row = build_outcome_row(ref, device="cpu", digest=run.digest, tries=1, losses=0, elapsed_s=1.0)
    run.write_outcome(row | {"status": status, "error_message": None if status == "ok" else "broken"})


def build_row(video_id: str, index: int, *, objects: np.ndarray | None = None) -> dict:
    row = {"video_id": video_id, "frame_index": index, "timestamp_s": None, "shot": 1, "window": 1, "cut": 0.5}
    row |= {"confidence": 0.5, "mask": build_rle(MASK), "box": (0, 0, 2, 1), "area_fraction": 0.3, "mean_score": 0.9}
    numbered = None if objects is None else [(n, objects == n) for n in (1, 2)]
    row["objects"] = numbered and [
        {"number": n, "mask": build_rle(mask), "box": None, "area_fraction": 0.1} for n, mask in numbered
    ]
    return row


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    run = create_run(f"{tmp_path}/run", Config(), "videos", [])
    for video_id in ("bear", "videos/dog.mp4", "cat/0001", "cow/0001"):
        write_outcome(run, video_id)
        run.write_frames(video_id, [build_row(video_id, 0), build_row(video_id, 2, objects=NUMBERS)])
    write_outcome(run, "broken", "failed")
    return run


def test_a_run_knows_itself(run: RunFolder, tmp_path: Path) -> None:
    assert is_run(run.uri)
    assert not is_run(str(tmp_path))


def test_masks_of_a_run_go_by_the_frames_index(run: RunFolder) -> None:
    masks = open_predictions(run.uri).list_masks("bear")
    assert masks.failure is None
    np.testing.assert_array_equal(masks.read(FRAMES[0]), MASK)
    assert masks.read(FRAMES[1]) is None
    assert (masks.read_soft(FRAMES[1]), masks.read_numbers(FRAMES[1])) == (None, None)


def test_the_full_id_comes_before_its_last_part(run: RunFolder) -> None:
    predictions = open_predictions(run.uri)
    for sequence in ("bear", "dog", "DAVIS/dog", "cat/0001", "cow/0001"):
        assert predictions.list_masks(sequence).read(FRAMES[0]) is not None
    with pytest.raises(InputError, match=r"has 2 videos that end in the name of sequence 'hen/0001', such as c\w+/0001"):
        predictions.list_masks("hen/0001")
    with pytest.raises(InputError, match=r"has no video 'hen': found 0001, bear, broken, dog\."):
        predictions.list_masks("hen")


def test_a_failed_video_says_why(run: RunFolder) -> None:
    masks = open_predictions(run.uri).list_masks("broken")
    assert masks.failure == "failed: broken"
    assert masks.read(FRAMES[0]) is None


def test_objects_of_a_run_are_its_mask_where_there_is_one(run: RunFolder) -> None:
    masks = open_predictions(run.uri).list_masks("bear")
    np.testing.assert_array_equal(masks.read_numbers(FRAMES[0]), MASK.astype(np.uint8))
    np.testing.assert_array_equal(masks.read_numbers(FRAMES[2]), NUMBERS)
    with pytest.raises(InputError, match="expected a number for each cluster of the whole set"):
        masks.read_clusters(FRAMES[0])


def test_soft_maps_of_a_run_are_its_soft_pngs_else_its_masks(run: RunFolder) -> None:
    soft = np.array([[0.25, 1, 0], [0.5, 0, 0]], np.float32)
    run.write_file(build_soft_png(soft), "soft", run.video_name("bear"), "00000.png")
    masks = open_predictions(run.uri).list_masks("bear")
    np.testing.assert_allclose(masks.read_soft(FRAMES[0]), soft, atol=1e-5)
    assert masks.read_soft(FRAMES[2]) is None
    np.testing.assert_array_equal(open_predictions(run.uri).list_masks("dog").read_soft(FRAMES[0]), MASK)


def test_png_files_go_by_the_frames_name(tmp_path: Path) -> None:
    (tmp_path / "cat" / "0001").mkdir(parents=True)
    (tmp_path / "cat" / "0001" / "frame0001.png").write_bytes(build_mask_png(MASK))
    (tmp_path / "cat" / "0001" / "frame0003.png").write_bytes(build_objects_png(NUMBERS))
    masks = open_predictions(str(tmp_path)).list_masks("cat/0001")
    np.testing.assert_array_equal(masks.read(FRAMES[0]), MASK)
    assert masks.read(FRAMES[1]) is None
    np.testing.assert_array_equal(masks.read(FRAMES[2]), MASK)
    np.testing.assert_array_equal(masks.read_numbers(FRAMES[2]), NUMBERS)
    (clusters,) = masks.read_clusters(FRAMES[2])
    np.testing.assert_array_equal(clusters, NUMBERS)
    np.testing.assert_allclose(masks.read_soft(FRAMES[2]), NUMBERS / 255)


def test_images_are_cut_at_half_of_their_own_range(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(build_soft_png(np.array([[0.2, 0.29, 0.31, 0.4]], np.float32)))
    (tmp_path / "b.png").write_bytes(build_objects_png(np.array([[0, 1, 0, 1]], np.uint8)))
    predictions = open_predictions(str(tmp_path), "image")
    np.testing.assert_array_equal(predictions.list_masks("a").read(FRAMES[0]), [[False, False, True, True]])
    np.testing.assert_array_equal(predictions.list_masks("b").read(FRAMES[0]), [[False, True, False, True]])
    assert predictions.list_masks("c").read(FRAMES[0]) is None


def test_names_lead_nowhere_else(tmp_path: Path) -> None:
    for kind in ("video", "image"):
        with pytest.raises(InputError, match="it would lead elsewhere"):
            open_predictions(str(tmp_path), kind).list_masks("../secret")


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no folder"):
        open_predictions(f"{tmp_path}/missing", "image")
