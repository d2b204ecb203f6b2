import re
from pathlib import Path

import pytest

from ike_ray.config import Config
from ike_ray.export.rows import build_outcome_row
from ike_ray.records import STAGES, VideoRef
from ike_ray.report.page import build_report
from ike_ray.storage.files import write_bytes
from ike_ray.storage.run_description import create_run
from ike_ray.storage.run_folder import RunFolder

CYCLE = {
    "window": 1,
    "cycle": 1,
    "mask_iou": None,
    "graph_network_iou": 0.8,
    "confidence": 0.7,
    "graph_movement": 0.1,
    "area_fraction": 0.123,
    "graph_s": 1.0,
    "network_s": 2.0,
}


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    run = create_run(f"{tmp_path}/run", Config(), "videos", [])
    for name in ("a.mp4", "b.mp4", "<c>.mp4"):
        row = build_outcome_row(
            VideoRef(video_id=name, uri=f"/v/{name}"),
            device="cpu",
            digest=run.digest,
            tries=1,
            losses=0,
            elapsed_s=3.1,
        )
        row |= {f"seconds_{stage}": 0.5 for stage in STAGES}
        row |= {"status": "failed", "error_type": "InputError", "error_message": "cannot read <it>"}
        if name == "a.mp4":
            row |= {"status": "ok", "error_type": None, "error_message": None, "frames": 12, "height": 48, "width": 64}
            row |= {"shots": 1, "windows": 1, "cycles": 1, "converged": False, "history": [CYCLE], "warning": "breaks off"}
            row["confidence"] = 0.71
            write_bytes(run.file("strips", f"{run.video_name(name)}.jpg"), b"jpeg")
        run.write_outcome(row)
    return run


def test_failures_come_first_with_their_reasons(run: RunFolder) -> None:
    page = build_report(run)
    titles = re.findall(r"<h3>(.*?)</h3>", page)
    assert titles == ["&lt;c&gt;.mp4", "b.mp4", "a.mp4"]
    assert "cannot read &lt;it&gt;" in page
    assert "breaks off" in page
    assert "12.3 %" in page
    assert re.search(r"confidence</span>0\.71", page)


def test_where_the_time_went(run: RunFolder) -> None:
    row = next(row for row in run.read_outcomes().to_pylist() if row["status"] == "ok")
    assert "--profile" in build_report(run)
    profile = [{"stage": stage, "cpu_s": 0.25, "peak_mb": 300.0 + i, "gpu_peak_mb": None} for i, stage in enumerate(STAGES)]
    run.write_outcome(row | {"video_id": "p.mp4", "profile": profile})
    page = build_report(run)
    assert re.search(r"graph</td><td>2\.0</td><td>17 %</td><td>0\.2</td><td>302</td></tr>", page)
    assert re.search(r'class="value" title="read 0\.2 s of processor, 300 MB', page)
    assert "305 MB</span>" in page
    assert "on the GPU" not in page


def test_what_is_least_to_be_trusted_comes_first(run: RunFolder) -> None:
    row = next(row for row in run.read_outcomes().to_pylist() if row["status"] == "ok")
    for name, confidence in (("x.mp4", 0.9), ("y.mp4", 0.1), ("z.mp4", 0.5)):
        run.write_outcome(row | {"video_id": name, "confidence": confidence})
    titles = re.findall(r"<h3>(.*?)</h3>", build_report(run))
    assert titles[2:] == ["y.mp4", "z.mp4", "a.mp4", "x.mp4"]


def test_a_long_video_keeps_its_plot_readable(run: RunFolder) -> None:
    """Three hundred windows: no more points than fit side by side, each the mean of its neighbours, the last the last."""
    row = run.read_outcomes().to_pylist()[0] | {"status": "ok", "video_id": "long.mp4", "frames": 9, "shots": 2}
    history = [CYCLE | {"window": 1 + i, "graph_network_iou": i / 300, "area_fraction": 0.5} for i in range(300)]
    row |= {
        "confidence": 0.62,
        "windows": 300,
        "cycles": 300,
        "converged": False,
        "height": 48,
        "width": 64,
        "history": history,
    }
    run.write_outcome(row)
    page = build_report(run)
    article = page[page.index("<h3>long.mp4") :].partition("</article>")[0]
    assert article.count("<circle") == 21
    assert "2, 300" in article
    assert "50.0 %" in article
    assert re.search(r"graph and network</span>0\.9[78]", article)  # the mean of the last 14 or 15


def test_the_page_needs_nothing_else(run: RunFolder) -> None:
    page = build_report(run)
    assert "data:image/jpeg;base64,anBlZw==" in page
    assert not re.findall(r"""(?:src|href)=["'](?!data:)""", page)
    assert "@import" not in page
    assert "url(" not in page


def test_scores_are_shown_where_there_are_some(run: RunFolder) -> None:
    assert "Scores on" not in build_report(run)
    row = '{"sequence": "a", "frames": 10, "failure": null, "j_mean": 0.75, "j_recall": 1, "j_decay": 0,'
    row += ' "f_mean": 0.5, "f_recall": 1, "f_decay": 0}'
    mean = '{"mean": 0.75, "recall": 1, "decay": 0}'
    summary = f'{{"dataset": "davis2016", "split": "val", "frames": 10, "sequences": [{row}], '
    summary += f'"sequence_mean": {{"j": {mean}, "f": {mean}}}, "frame_mean": {{"j": 0.75, "f": 0.5}}}}'
    write_bytes(run.file("summary.json"), summary.encode())
    page = build_report(run)
    assert "Scores on davis2016 val" in page
    assert page.count("0.750") >= 3


def test_an_empty_run_is_a_page_too(tmp_path: Path) -> None:
    assert "<b>0</b>segmented" in build_report(create_run(f"{tmp_path}/empty", Config(), "videos", []))
