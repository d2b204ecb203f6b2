from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from ike_ray.errors import InputError
from ike_ray.storage.lazy_tables import open_tables
from ike_ray.storage.tables import write_table

SCHEMA = pa.schema([pa.field("name", pa.string(), nullable=False), pa.field("value", pa.int64())])


@pytest.mark.parametrize("place", ["{}", "memory://lazy"])
def test_files_are_one_table(place: str, tmp_path: Path) -> None:
    uris = [f"{place.format(tmp_path)}/{number}.parquet" for number in range(3)]
    for number, uri in enumerate(uris):
        write_table(uri, [{"name": f"v{number}", "value": value} for value in range(4)], SCHEMA)
    table = open_tables(uris, SCHEMA)
    assert table.schema == SCHEMA
    assert table.count_rows() == 12
    chosen = table.to_table(columns=["value"], filter=(pc.field("name") == "v1") & (pc.field("value") > 1))
    assert chosen.to_pydict() == {"value": [2, 3]}


def test_no_file_is_an_empty_table() -> None:
    assert open_tables([], SCHEMA).to_table().schema == SCHEMA
    assert open_tables([], SCHEMA).count_rows() == 0


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.parquet"):
        open_tables([f"{tmp_path}/none.parquet"], SCHEMA).count_rows()
