"""The run's page: failures first, then every video, the least to be trusted first, with its strip and its numbers."""

import base64
import json
from statistics import fmean
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from ike_ray.records import STAGES
from ike_ray.storage.files import is_file, read_bytes
from ike_ray.storage.run_description import read_run_description
from ike_ray.storage.run_folder import RunFolder
from ike_ray.video.manifest import read_sequence_name

_STATUS_ORDER = {"failed": 0, "skipped": 1, "ok": 2}
# Size of the drawing of a video's cycle history, in CSS pixels.
_PLOT_WIDTH_PX, _PLOT_HEIGHT_PX = 150, 46
_PLOT_STEP_PX = 7  # a point is 6 wide


def build_report(run: RunFolder) -> str:
    """The page as HTML, with all pictures in it. Raises `InputError` where an outcome file cannot be read."""
    description = read_run_description(run.uri)
    summary = json.loads(read_bytes(run.file("summary.json"))) if is_file(run.file("summary.json")) else None
    scores = {row["sequence"]: row for row in summary["sequences"]} if summary else {}
    videos = [_describe_video(run, outcome, scores) for outcome in run.read_outcomes().to_pylist()]
    videos.sort(key=lambda video: (_STATUS_ORDER[video["status"]], video["confidence"] or 0, video["video_id"]))
    environment = Environment(
        loader=PackageLoader("ike_ray.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("report.html.j2").render(
        run_name=run.uri.rstrip("/").rpartition("/")[2],
        description=description,
        description_text=yaml.safe_dump(description, sort_keys=False),
        summary=summary,
        videos=videos,
        counts={status: sum(video["status"] == status for video in videos) for status in ("ok", "failed", "skipped")},
        num_frames=sum(video["frames"] or 0 for video in videos),
        seconds=sum(video["seconds"] for video in videos),
        stage_rows=_sum_stages(videos),
    )


def _describe_video(run: RunFolder, outcome: dict[str, Any], scores: dict[str, Any]) -> dict[str, Any]:
    strip = run.file("strips", f"{run.video_name(outcome['video_id'])}.jpg")
    stages = {stage: outcome[f"seconds_{stage}"] or 0.0 for stage in STAGES}
    return {
        **outcome,
        "strip": base64.b64encode(read_bytes(strip)).decode() if is_file(strip) else None,
        "stages": stages,
        "plot": _build_plot(outcome["history"] or []),
        "area_fraction": _average_area(outcome["history"] or []),
        "score": scores.get(read_sequence_name(outcome["video_id"])),
    }


def _sum_stages(videos: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row a stage, over all videos: seconds, and where videos have a profile, processor time and the highest peaks."""
    profiles = [entry for video in videos for entry in video["profile"] or []]
    rows = []
    for stage in STAGES:
        own = [entry for entry in profiles if entry["stage"] == stage]
        gpu = [entry["gpu_peak_mb"] for entry in own if entry["gpu_peak_mb"] is not None]
        rows.append(
            {
                "stage": stage,
                "seconds": sum(video["stages"][stage] for video in videos),
                "cpu_s": sum(entry["cpu_s"] for entry in own) if own else None,
                "peak_mb": max((entry["peak_mb"] for entry in own), default=None),
                "gpu_peak_mb": max(gpu, default=None),
            }
        )
    return rows


def _average_area(history: list[dict[str, Any]]) -> float | None:
    """Mean over windows of the object's share of the frame in each window's last cycle; None without a window."""
    last = {record["window"]: record["area_fraction"] for record in history}
    return fmean(last.values()) if last else None


def _build_plot(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Points of the two curves of a history, cycle after cycle of window after window, x and y in CSS pixels.

    A curve without values is left out. Neighbouring points are averaged until each has `_PLOT_STEP_PX` to itself.
    """
    num_columns = min(len(history), _PLOT_WIDTH_PX // _PLOT_STEP_PX)
    step = _PLOT_WIDTH_PX / max(1, num_columns)
    curves = []
    for name, label in (
        ("graph_network_iou", "graph and network"),
        ("mask_iou", "last two cycles"),
    ):
        columns: list[list[float]] = [[] for _ in range(num_columns)]
        for position, record in enumerate(history):
            if record[name] is not None:
                columns[position * num_columns // len(history)].append(record[name])
        points = [((column + 0.5) * step, fmean(values)) for column, values in enumerate(columns) if values]
        if points:
            placed = [(x, (1 - value) * (_PLOT_HEIGHT_PX - 8) + 4) for x, value in points]
            curves.append({"name": name, "label": label, "points": placed, "last": points[-1][1]})
    return curves
