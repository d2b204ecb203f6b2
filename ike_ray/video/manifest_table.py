"""The rows of a manifest as other programs write them: CSV or Parquet with a column `uri` and, optionally, `video_id`."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.csv
from pyarrow import parquet

from ike_ray.errors import ConfigError, IkeRayError
from ike_ray.storage.credentials import hide_credentials
from ike_ray.storage.files import open_binary, read_bytes, strip_query

_COLUMNS = ("uri", "video_id")
# Spreadsheets of some languages write `;`, and "Unicode text" is UTF-16 with tabs.
_DELIMITERS = (",", ";", "\t", "|")
# The longer marks come first, because one of UTF-32 begins as one of UTF-16 does.
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def is_manifest_name(uri: str) -> bool:
    """Return whether the name ends as a manifest's does."""
    return strip_query(uri).lower().endswith((".csv", ".parquet"))


def read_manifest_table(uri: str) -> dict[str, list[str]]:
    """Return the columns `uri` and, if there is one, `video_id` of the manifest at `uri`.

    Raises `ConfigError` if it cannot be read, lacks `uri`, or has a column twice, or if a cell is empty or no text.
    """
    read = _read_parquet if strip_query(uri).lower().endswith(".parquet") else _read_csv
    try:
        table = read(uri)
    except IkeRayError:
        raise
    except (pa.ArrowException, UnicodeError, csv.Error, OSError) as error:
        raise ConfigError(
            f"cannot read the manifest {hide_credentials(uri)}: expected CSV in UTF-8 or a Parquet file, found {error}. "
            "Write it again"
        ) from error
    return {name: _read_texts(table[name], name, uri) for name in table.column_names}


def _read_csv(uri: str) -> pa.Table:
    text = _decode(read_bytes(uri))
    delimiter = _choose_delimiter(text)
    header = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    names = _choose_columns([name.strip() for name in header], uri)
    written = [column for column in header if column.strip() in names]
    # Without types, 007 would be read as the number 7, and NA as no value.
    types = pyarrow.csv.ConvertOptions(
        column_types=dict.fromkeys(written, pa.string()), include_columns=written, strings_can_be_null=False
    )
    parse = pyarrow.csv.ParseOptions(delimiter=delimiter)
    table = pyarrow.csv.read_csv(io.BytesIO(text.encode()), parse_options=parse, convert_options=types)
    return table.rename_columns([name.strip() for name in table.column_names])


def _decode(data: bytes) -> str:
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return data.decode(encoding)
    return data.decode()


def _choose_delimiter(text: str) -> str:
    """Return what separates the columns of the first line, so that one of them is `uri`."""
    first = text.split("\n", 1)[0]
    for delimiter in _DELIMITERS:
        if "uri" in [name.strip() for name in next(csv.reader([first], delimiter=delimiter), [])]:
            return delimiter
    return _DELIMITERS[0]


def _read_parquet(uri: str) -> pa.Table:
    with open_binary(uri) as stream:
        file = parquet.ParquetFile(stream)
        return file.read(columns=_choose_columns(file.schema_arrow.names, uri))


def _choose_columns(names: Sequence[str], uri: str) -> list[str]:
    """Return the columns that are read, among those that there are."""
    if "uri" not in names:
        found = ", ".join(names) or "none"
        raise ConfigError(
            f"the manifest {hide_credentials(uri)} needs a column `uri`, found: {hide_credentials(found)}. Name the columns "
            "in its first line"
        )
    counts = Counter(names)
    doubled = [name for name in _COLUMNS if counts[name] > 1]
    if doubled:
        raise ConfigError(
            f"the manifest {hide_credentials(uri)} has {counts[doubled[0]]} columns `{doubled[0]}`: expected one. Rename the "
            "others"
        )
    return [name for name in _COLUMNS if name in counts]


def _read_texts(column: pa.ChunkedArray, name: str, uri: str) -> list[str]:
    """Return the cells of a column of text, of bytes that are text, or, for ids, of whole numbers."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    is_number = name == "video_id" and pa.types.is_integer(kind)
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_null)
    bytes_tests = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view, pa.types.is_fixed_size_binary)
    if not is_number and not any(test(kind) for test in (*tests, *bytes_tests)):
        raise ConfigError(
            f"the manifest {hide_credentials(uri)} has a column `{name}` of {column.type}: expected text. Write one a row"
        )
    cells = column.cast(kind).cast(pa.string() if is_number else pa.large_binary()).to_pylist()
    return [_read_text(cell, name, row, uri) for row, cell in enumerate(cells, start=1)]


def _read_text(cell: bytes | str | None, name: str, row: int, uri: str) -> str:
    try:
        text = cell.decode() if isinstance(cell, bytes) else cell
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"the manifest {hide_credentials(uri)} has a `{name}` in row {row} that is no text: expected UTF-8, found "
            f"{error.reason}. Correct or remove that row"
        ) from error
    if text is None or not text.strip():
        raise ConfigError(f"the manifest {hide_credentials(uri)} has no `{name}` in row {row}. Fill it in or remove the row")
    return text.strip()
