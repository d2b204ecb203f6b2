import json
from pathlib import Path

import pytest

from ike_ray.export.json_lists import open_json_lists


def test_lists_come_after_the_head(tmp_path: Path) -> None:
    uri = f"{tmp_path}/out/x.json"
    with open_json_lists(uri, {"info": {"a": 1}, "b": []}, ["images", "annotations", "none"]) as lists:
        lists.add("annotations", {"id": 1, "text": 'ä"\n'})
        lists.add("images", {"id": 7})
        lists.add("annotations", {"id": 2})
        assert not Path(uri).exists()
    assert json.loads(Path(uri).read_text()) == {
        "info": {"a": 1},
        "b": [],
        "images": [{"id": 7}],
        "annotations": [{"id": 1, "text": 'ä"\n'}, {"id": 2}],
        "none": [],
    }


def test_nothing_is_left_after_an_error(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="not JSON compliant"),
        open_json_lists(f"{tmp_path}/x.json", {"a": 1}, ["b"]) as lists,
    ):
        lists.add("b", {"score": float("nan")})
    assert not list(tmp_path.iterdir())
