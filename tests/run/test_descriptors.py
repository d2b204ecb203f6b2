import numpy as np
import pytest
from pyarrow import parquet

from ike_ray.run.descriptors import (
    drop_failed,
    list_descriptor_files,
    read_described,
    read_descriptors,
    write_descriptors,
)
from ike_ray.run.folder import RunFolder


def build_row(video_id: str, number: int, *values: float) -> dict:
    return {"video_id": video_id, "frame_index": 0, "number": number, "box": (0, 0, 2, 3), "descriptor": np.array(values)}


@pytest.fixture
def run(tmp_path: object) -> RunFolder:
    """Video a in two files, as after a loss; c without regions; d broken; and a file of other settings."""
    run = RunFolder(uri=f"{tmp_path}/run", digest="0")
    rows = [build_row("a", 1, 0.5, 0.5), build_row("a", 2, 1, 0), build_row("b", 1, 0, 1)]
    error = {"d": "InputError: cannot read s3://user:secret@bucket/d.jpg"}
    write_descriptors(run, ["a", "b", "c"], rows, {}, digest="now", settings='{"x": 1}')
    write_descriptors(run, ["a", "d"], rows[:2], error, digest="now", settings='{"x": 1}')
    write_descriptors(run, ["e"], [], error, digest="old", settings='{"x": 2}')
    return run


def test_each_video_counts_once(run: RunFolder) -> None:
    uris = list_descriptor_files(run, "now")
    assert len(uris) == 2
    found = list(read_descriptors(uris))
    ids = [
        pair for table, _ in found for pair in zip(*(table[name].to_pylist() for name in ("video_id", "number")), strict=True)
    ]
    assert sorted(ids) == [("a", 1), ("a", 2), ("b", 1)]
    rows = np.concatenate([values for _, values in found])
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows[[ids.index(("a", 1)), ids.index(("b", 1))]], [[0.5, 0.5], [0, 1]])


def test_settings_are_in_the_file(run: RunFolder) -> None:
    assert parquet.read_schema(list_descriptor_files(run, "old")[0]).metadata[b"settings"] == b'{"x": 2}'


def test_failed_videos_are_known_and_can_be_dropped(run: RunFolder) -> None:
    described = read_described(run, "now")
    assert {key: value is None for key, value in described.items()} == {"a": True, "b": True, "c": True, "d": False}
    assert described["d"] == "InputError: cannot read s3://***@bucket/d.jpg"
    assert drop_failed(run, "now") == 1
    assert drop_failed(run, "now") == 0
    assert set(read_described(run, "now")) == {"a", "b", "c"}
    assert parquet.read_schema(list_descriptor_files(run, "now")[0]).metadata[b"settings"] == b'{"x": 1}'
    assert set(read_described(run, "old")) == {"e"}
