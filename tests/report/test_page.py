import json
import re
from pathlib import Path
from typing import Any

import pytest

from ike_ray.config import Config
from ike_ray.errors import ConfigError
from ike_ray.report import page
from ike_ray.report.page import build_portable_report, build_report, describe_clusters
from ike_ray.run.description import create_run
from ike_ray.run.folder import RunFolder
from tests.report.written_run import write_clusters


def read_data(html: str) -> dict[str, Any]:
    match = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, flags=re.DOTALL)
    assert match
    return json.loads(match.group(1))


def test_texts_of_strangers_stay_texts(run: RunFolder) -> None:
    html = build_report(run)
    assert "<img src=x" not in html
    assert "<b>no</b>" not in html
    assert read_data(html)["videos"][0]["error_message"] == "</script><b>no</b>"


def test_it_says_what_the_run_is(run: RunFolder) -> None:
    data = read_data(build_report(run))
    assert (data["run"], data["input"], data["digest"]) == ("run", "videos", run.digest)
    assert data["counts"] == {"ok": 1, "failed": 2, "skipped": 0}
    assert "working_area_px" in data["settings"]
    assert data["scores"] is None
    assert "<title>run · ike_ray</title>" in build_report(run)


def test_the_page_asks_for_nothing_from_a_network(run: RunFolder) -> None:
    html = build_report(run)
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", html)
    assert "@import" not in html


def test_a_page_in_the_run_is_small_and_a_portable_one_carries_its_pictures(run: RunFolder) -> None:
    small, portable = build_report(run), build_portable_report(run)
    assert "data:image" not in small
    carried = read_data(portable)["carried"]
    name = run.video_name("a.mp4")
    assert sorted(carried) == [f"layers/{name}.jpg", f"strips/{name}.jpg"]
    assert all(url.startswith("data:image/jpeg;base64,/9j/") for url in carried.values())


def test_a_portable_page_has_a_limit(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "_MOST_CARRIED_BYTES", 100)
    with pytest.raises(ConfigError, match="Show fewer videos"):
        build_portable_report(run)
    assert build_portable_report(run, most=1)  # the failed one has no picture


def test_an_empty_run_is_a_page_too(tmp_path: Path) -> None:
    data = read_data(build_report(create_run(f"{tmp_path}/empty", Config(), "videos", [])))
    assert data["counts"] == {"ok": 0, "failed": 0, "skipped": 0}
    assert data["videos"] == []


def test_a_run_without_clusters_says_nothing(run: RunFolder) -> None:
    assert describe_clusters(run) is None


def test_clusters_have_names_counts_and_sheets(run: RunFolder) -> None:
    write_clusters(run)
    found = describe_clusters(run)
    assert found is not None
    assert found["clusters"] == [
        {
            "label": 1,
            "name": "<b onclick=alert(1)>dogs</b>",
            "regions": 9,
            "videos": 2,
            "sheet": "semantics/sheets/cluster-0001.jpg",
        },
        {"label": 2, "name": "cluster 2", "regions": 4, "videos": 2, "sheet": None},
    ]
    assert "13 regions in 2 clusters, by what they look like" in found["caption"]
    assert "5 seeds agree by 0.62" in found["caption"]
