from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from ike_ray.errors import InputError
from ike_ray.run.tables import FRAME_SCHEMA, list_tables, open_tables, read_table, write_groups, write_table

ROW = {
    "video_id": "a",
    "frame_index": 0,
    "timestamp_s": None,
    "shot": 1,
    "window": 1,
    "cut": 0.5,
    "mask": {"size": [2, 2], "counts": "04"},
    "box": None,
    "area_fraction": 0.0,
    "mean_score": None,
    "confidence": 0.5,
    "objects": None,
}


def test_null_columns_keep_their_type(tmp_path: Path) -> None:
    """A file whose boxes are all null reads together with one that has boxes."""
    write_table(f"{tmp_path}/0.parquet", [ROW], FRAME_SCHEMA)
    write_table(f"{tmp_path}/1.parquet", [ROW | {"box": (0, 0, 1, 2)}], FRAME_SCHEMA)
    table = pa.concat_tables([read_table(uri, FRAME_SCHEMA) for uri in list_tables(str(tmp_path))])
    assert table.schema.equals(FRAME_SCHEMA)
    assert table["box"].to_pylist() == [None, [0, 0, 1, 2]]


def test_one_video_of_many_is_read(tmp_path: Path) -> None:
    tables = [pa.Table.from_pylist([ROW | {"video_id": name}] * 3, schema=FRAME_SCHEMA) for name in "abc"]
    write_groups(f"{tmp_path}/0.parquet", tables, FRAME_SCHEMA)
    assert read_table(f"{tmp_path}/0.parquet", FRAME_SCHEMA, video_id="b")["video_id"].to_pylist() == ["b"] * 3
    assert read_table(f"{tmp_path}/0.parquet", FRAME_SCHEMA, video_id="d").num_rows == 0
    assert list_tables(f"{tmp_path}/none") == []


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"PAR1 but not really")
    with pytest.raises(InputError, match=r"x\.parquet: expected Parquet"):
        read_table(f"{tmp_path}/x.parquet", FRAME_SCHEMA)
    write_table(f"{tmp_path}/y.parquet", [{"a": 1}], pa.schema([("a", pa.int64())]))
    with pytest.raises(InputError, match=r"y\.parquet"):
        read_table(f"{tmp_path}/y.parquet", FRAME_SCHEMA)


NAMED_SCHEMA = pa.schema([pa.field("name", pa.string(), nullable=False), pa.field("value", pa.int64())])


@pytest.mark.parametrize("place", ["{}", "memory://lazy"])
def test_files_are_one_table(place: str, tmp_path: Path) -> None:
    uris = [f"{place.format(tmp_path)}/{number}.parquet" for number in range(3)]
    for number, uri in enumerate(uris):
        write_table(uri, [{"name": f"v{number}", "value": value} for value in range(4)], NAMED_SCHEMA)
    table = open_tables(uris, NAMED_SCHEMA)
    assert table.schema == NAMED_SCHEMA
    assert table.count_rows() == 12
    chosen = table.to_table(columns=["value"], filter=(pc.field("name") == "v1") & (pc.field("value") > 1))
    assert chosen.to_pydict() == {"value": [2, 3]}


def test_no_file_is_an_empty_table() -> None:
    assert open_tables([], NAMED_SCHEMA).to_table().schema == NAMED_SCHEMA
    assert open_tables([], NAMED_SCHEMA).count_rows() == 0


def test_a_missing_file_of_a_dataset_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.parquet"):
        open_tables([f"{tmp_path}/none.parquet"], NAMED_SCHEMA).count_rows()
