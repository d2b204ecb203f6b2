"""A JSON file whose lists are too long for memory."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TextIO

from ike_ray.storage.files import write_copy


class JsonLists:
    """Lists that grow on the local disk, each in a file of its own."""

    def __init__(self, streams: Mapping[str, TextIO]) -> None:
        self._streams = streams
        self._num_records = dict.fromkeys(streams, 0)

    def add(self, name: str, record: Mapping[str, Any]) -> None:
        """Append a record to the list of that name."""
        self._streams[name].write((",\n" if self._num_records[name] else "\n") + json.dumps(record, allow_nan=False))
        self._num_records[name] += 1


@contextmanager
def open_json_lists(uri: str, head: Mapping[str, Any], names: Sequence[str]) -> Iterator[JsonLists]:
    """Yield lists to add to. At the end one JSON object, with the entries of `head` and then the lists, is put at `uri`.

    Nothing is written there after an error. One record at a time is in memory.
    """
    with tempfile.TemporaryDirectory(prefix="ike-ray-") as folder, ExitStack() as stack:
        streams = {name: stack.enter_context((Path(folder) / name).open("w+", encoding="utf-8")) for name in names}
        yield JsonLists(streams)
        whole = Path(folder) / "whole.json"
        with whole.open("w", encoding="utf-8") as target:
            target.write(json.dumps(head, indent=1).removesuffix("\n}"))
            for name, stream in streams.items():
                target.write(f",\n {json.dumps(name)}: [")
                stream.seek(0)
                shutil.copyfileobj(stream, target)
                target.write("]")
            target.write("\n}\n")
        write_copy(uri, whole)
