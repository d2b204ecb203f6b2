"""Manifests as people's programs write them."""

from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from ike_ray.errors import ConfigError
from ike_ray.video.manifest_table import is_manifest_name, read_manifest_table

ROWS = {"uri": ["a.mp4", "ü;b.mp4"], "video_id": ["007", "NA"]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_of_any_spreadsheet_is_read(encoding: str, delimiter: str, tmp_path: Path) -> None:
    lines = [["x", "uri", " video_id"], ["1", "a.mp4", "007"], ["2", '"ü;b.mp4"', "NA"]]
    text = "\r\n".join(delimiter.join(line) for line in lines)
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    (tmp_path / "m.csv").write_bytes((mark + text).encode(encoding))
    assert read_manifest_table(f"{tmp_path}/m.csv") == ROWS


@pytest.mark.parametrize(
    "kind",
    [pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary(), pa.dictionary(pa.int8(), pa.string())],
)
def test_text_is_text_however_parquet_holds_it(kind: pa.DataType, tmp_path: Path) -> None:
    table = pa.table({name: pa.array(values, pa.string()).cast(kind) for name, values in ROWS.items()})
    parquet.write_table(table, tmp_path / "m.parquet")
    assert read_manifest_table(f"{tmp_path}/m.parquet") == ROWS


def write_parquet(path: Path, columns: list, names: list[str]) -> None:
    parquet.write_table(pa.Table.from_arrays(columns, names=names), path)


BAD = pa.array([b"ok.mp4", b"caf\xe9.mp4"], pa.binary()).view(pa.string())


@pytest.mark.parametrize(
    ("columns", "names", "message"),
    [
        ([["a"], ["b"]], ["uri", "uri"], "has 2 columns `uri`: expected one"),
        ([["a"], ["b"], ["c"]], ["uri", "video_id", "video_id"], "has 2 columns `video_id`"),
        ([BAD], ["uri"], "has a `uri` in row 2 that is no text: expected UTF-8"),
        ([["a", "b"], BAD], ["uri", "video_id"], "has a `video_id` in row 2 that is no text"),
        ([pa.array([b"\xff\xfe"])], ["uri"], "has a `uri` in row 1 that is no text"),
        ([[["a.mp4"]]], ["uri"], "has a column `uri` of list<.*>: expected text"),
        ([[7]], ["uri"], "has a column `uri` of int64: expected text"),
        ([["a"], [0.5]], ["uri", "video_id"], "has a column `video_id` of double"),
        ([[{"a": 1}]], ["uri"], "has a column `uri` of struct"),
        ([["a", None]], ["uri"], "has no `uri` in row 2"),
        ([pa.array([None], pa.null())], ["uri"], "has no `uri` in row 1"),
        ([["a"]], ["URI"], "needs a column `uri`, found: URI"),
    ],
)
def test_parquet_that_is_no_manifest_is_told(columns: list, names: list[str], message: str, tmp_path: Path) -> None:
    write_parquet(tmp_path / "m.parquet", [pa.array(column) for column in columns], names)
    with pytest.raises(ConfigError, match=rf"m\.parquet {message}"):
        read_manifest_table(f"{tmp_path}/m.parquet")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"uri,uri\na,b\n", "has 2 columns `uri`"),
        (b"uri;uri\na;b\n", "has 2 columns `uri`"),
        (b"uri\n/v/caf\xe9.mp4\n", "expected CSV in UTF-8 or a Parquet file, found .*codec can't decode"),
        ("uri\na.mp4\n".encode("utf-16-le"), "needs a column `uri`"),  # without a mark
        (b"\xff\xfeu", "expected CSV in UTF-8"),
        (b"", "needs a column `uri`, found: none"),
        (b"\n\n", "needs a column `uri`, found: none"),
        (b"uri,x\na\n", "expected CSV in UTF-8 or a Parquet file, found CSV parse error"),
        (b'uri\n"a.mp4', "m.csv"),
        (b"uri\n\x00\n", "m.csv"),
        (b"x" * 200_000, "expected CSV in UTF-8 or a Parquet file, found field larger"),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_csv_that_is_no_manifest_is_told(data: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_bytes(data)
    try:
        rows = read_manifest_table(f"{tmp_path}/m.csv")
    except ConfigError as error:
        told = str(error)
    else:
        told = f"m.csv {rows}"
    assert len(told) < 1000
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(told)


def test_broken_parquet_is_told(tmp_path: Path) -> None:
    write_parquet(tmp_path / "m.parquet", [pa.array(["a.mp4"] * 50)], ["uri"])
    whole = (tmp_path / "m.parquet").read_bytes()
    for number in range(len(whole)):
        (tmp_path / "m.parquet").write_bytes(whole[:number] + bytes([whole[number] ^ 0xFF]) + whole[number + 1 :])
        try:
            read_manifest_table(f"{tmp_path}/m.parquet")
        except ConfigError as error:
            assert "m.parquet" in str(error)  # noqa: PT017


def test_names_of_manifests() -> None:
    assert is_manifest_name("s3://bucket/m.CSV")
    assert is_manifest_name("https://host/m.parquet?sig=1")
    assert not is_manifest_name("/v/m.parquet?x")
    assert not is_manifest_name("/v/m.mp4")
