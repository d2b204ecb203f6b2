"""What the page says of each video, as plain values for its script."""

from collections.abc import Sequence
from statistics import fmean
from typing import Any

import pyarrow as pa

from ike_ray.records import STAGES
from ike_ray.report.scores import RunScores
from ike_ray.run.folder import RunFolder
from ike_ray.run.tiles import choose_tile_size
from ike_ray.storage.files import list_folder

# A video's curves have at most this many points. A screen shows no more, and thousands of videos have to fit into a page.
_MOST_POINTS = 64
_MOST_CYCLES = 24
_STATUS_ORDER = {"failed": 0, "skipped": 1, "ok": 2}
_PICTURES = {"strips": ".jpg", "layers": ".jpg", "truth": ".jpg", "overlays": ".mp4"}
_HISTORY = ("graph_network_iou", "mask_iou", "confidence")
_COPIED = (
    *("status", "error_type", "error_message", "warning", "uri", "frames", "height", "width", "fps", "shots", "windows"),
    *("cycles", "converged", "seconds", "device", "host", "finished"),
)


def list_shown(run: RunFolder, most: int) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Return at most `most` outcome rows, failures first and then the least confident, and how many have each status.

    Raises `InputError` if an outcome file cannot be read.
    """
    outcomes = run.read_outcomes().to_pylist()
    outcomes.sort(key=lambda row: (_STATUS_ORDER[row["status"]], row["confidence"] or 0, row["video_id"]))
    counts = {status: sum(row["status"] == status for row in outcomes) for status in ("ok", "failed", "skipped")}
    return outcomes[:most], counts


def describe_videos(run: RunFolder, outcomes: Sequence[dict[str, Any]], scores: RunScores | None) -> list[dict[str, Any]]:
    """Return plain values of each outcome for the page's script. Raises `InputError` if a Parquet file cannot be read."""
    frames = run.read_frame_columns(["frame_index", "confidence", "area_fraction"], {row["video_id"] for row in outcomes})
    pictures = {
        kind: {uri.rpartition("/")[2].removesuffix(suffix) for uri in list_folder(run.file(kind))}
        for kind, suffix in _PICTURES.items()
    }
    videos = []
    for outcome in outcomes:
        video = _describe_outcome(run, outcome)
        if outcome["status"] == "ok":
            video |= _describe_frames(frames[outcome["video_id"]]) | _describe_segmented(outcome)
            video["pictures"] = [kind for kind in _PICTURES if video["name"] in pictures[kind]]
            video |= _describe_scores(scores, outcome["video_id"]) if scores else {}
        videos.append(video)
    return videos


def _describe_outcome(run: RunFolder, outcome: dict[str, Any]) -> dict[str, Any]:
    copied = {key: str(outcome[key]) if key == "finished" else outcome[key] for key in _COPIED if outcome[key] is not None}
    return {"id": outcome["video_id"], "name": run.video_name(outcome["video_id"]), **copied}


def _describe_segmented(outcome: dict[str, Any]) -> dict[str, Any]:
    tile_width, tile_height = choose_tile_size(outcome["height"], outcome["width"])
    history = outcome["history"] or []
    last_areas = {record["window"]: record["area_fraction"] for record in history}  # the area in each window's last cycle
    area = {"area": fmean(last_areas.values())} if last_areas else {}  # at the size that the method worked at
    return area | {
        "confidence": outcome["confidence"],
        "tiles": outcome["tiles"],
        "aspect": tile_width / tile_height,
        "stages": {stage: outcome[f"seconds_{stage}"] or 0.0 for stage in STAGES},
        "profile": outcome["profile"],
        "history": {name: shorten([record[name] for record in history], _MOST_CYCLES) for name in _HISTORY},
    }


def _describe_frames(frames: pa.Table) -> dict[str, Any]:
    """Return the shortened confidences of a video's frames, its first and last frame, and the object's mean area."""
    ordered = frames.sort_by("frame_index")
    indices = ordered["frame_index"]
    span = [indices[0].as_py(), indices[-1].as_py()]
    confidences = _round(shorten(ordered["confidence"].to_pylist(), _MOST_POINTS))
    return {"confidences": confidences, "span": span, "area": fmean(ordered["area_fraction"].to_pylist())}


def _describe_scores(scores: RunScores, video_id: str) -> dict[str, Any]:
    sequence = scores.find_sequence(video_id)
    if sequence is None:
        return {}
    frame_scores = _round(shorten(scores.frames.get(sequence, []), _MOST_POINTS))
    return {"sequence": sequence, "scores": scores.sequences[sequence], "frame_scores": frame_scores}


def shorten(values: Sequence[float | None], most: int) -> list[float | None]:
    """Return at most `most` values, which are means of neighbours without those that are None, or None if all are."""
    num_points = min(len(values), most)
    groups: list[list[float]] = [[] for _ in range(num_points)]
    for position, value in enumerate(values):
        if value is not None:
            groups[position * num_points // len(values)].append(value)
    return [fmean(group) if group else None for group in groups]


def _round(values: Sequence[float | None]) -> list[float | None]:
    """Return two digits of each, since thousands of curves have to fit into a page."""
    return [None if value is None else round(value, 2) for value in values]
