"""The code of docs/results.md runs, on a small run whose masks are known."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ike_ray.run.parts import pack_inbox
from tests.docs.pages import list_blocks, replace_places
from tests.drawn_run import DrawnRun

BLOCKS = list_blocks("results")
PLAIN = [block for block in BLOCKS if block.needs is None]


def run_blocks(needs: str | None, drawn_run: DrawnRun) -> dict[str, Any]:
    """What the blocks that need nothing else, and those that need this package, leave behind."""
    names: dict[str, Any] = {}
    for block in BLOCKS:
        if block.needs in (None, needs):
            exec(replace_places(block.text, {"RUN": drawn_run.run.uri}), names)
            if "mask" in names and names["mask"].shape:
                np.testing.assert_array_equal(names["mask"], drawn_run.masks["bear"][0], err_msg=block.heading)
    return names


@pytest.fixture
def packed(drawn_run: DrawnRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DrawnRun:
    pack_inbox(drawn_run.run)
    monkeypatch.chdir(tmp_path)
    return drawn_run


def test_python_pandas_and_duckdb(packed: DrawnRun, tmp_path: Path) -> None:
    assert {block.language for block in BLOCKS} == {"python"}
    assert {block.heading for block in PLAIN} == {"ike_ray", "pandas", "DuckDB"}
    names = run_blocks(None, packed)
    assert sorted(names["outcomes"]["status"]) == ["failed", "ok", "ok", "ok"]
    assert len(names["rows"]) == 3 + 1 + 3  # a confidence is 0.5 and a tenth of the frame index
    assert (tmp_path / "bear.png").stat().st_size > 100
    areas = {name: masks.mean() for name, masks in packed.masks.items()}
    assert names["area"].to_dict() == pytest.approx(areas)
    assert sorted(names["doubtful"]["video_id"]) == sorted(packed.masks)
    assert names["steady"]["is_always_there"].tolist() == [True, False, True]
    assert names["steady"]["objects"].fillna(0).tolist() == pytest.approx([0, 0, 5 / 3])


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
@pytest.mark.filterwarnings("ignore:The inplace keyword")  # Ray's own, to pandas
def test_ray_data(packed: DrawnRun) -> None:
    pixels = run_blocks("ray", packed)["pixels"].set_index(["video_id", "frame_index"])["pixels"].to_dict()
    expected = {
        (name, index): int(mask.sum())
        for name, masks in packed.masks.items()
        for index, mask in zip(packed.frame_indices[name], masks, strict=True)
    }
    assert pixels == expected


@pytest.mark.filterwarnings("ignore")  # of an optional package
def test_hugging_face_datasets(packed: DrawnRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", f"{tmp_path}/home")
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    pytest.importorskip("datasets")
    names = run_blocks("datasets", packed)
    assert len(names["dataset"]) == 10
    pairs = names["pairs"]
    assert pairs["video"] == ["bear"] * 4 + ["sub/cat.mp4"] * 3 + ["dog.mp4"] * 3
    masks = np.concatenate([packed.masks[name] for name in ("bear", "sub/cat.mp4", "dog.mp4")])
    np.testing.assert_array_equal([np.array(pair["mask"]) > 0 for pair in pairs], masks)
    assert np.array(pairs[0]["picture"]).shape == (*masks.shape[1:], 3)
