"""The scores that `ike-ray evaluate` wrote into a run, for its page."""

import io
import json
from dataclasses import dataclass
from typing import Any

from pyarrow import parquet

from ike_ray.storage.files import is_file, read_bytes
from ike_ray.storage.run_folder import RunFolder
from ike_ray.video.manifest import read_sequence_name


@dataclass(frozen=True, kw_only=True)
class RunScores:
    """What a run's `summary.json` and `metrics/frames.parquet` say."""

    summary: dict[str, Any]
    frames: dict[str, list[float]]  # J of each scored frame, by sequence

    def read_means(self, video_id: str) -> dict[str, float]:
        """J and F of a video; empty where it is no sequence of the dataset."""
        for row in self.summary["sequences"]:
            if row["sequence"] in (video_id, read_sequence_name(video_id)):
                return {"J": row["j_mean"], "F": row["f_mean"]}
        return {}

    def read_frames(self, video_id: str) -> list[float]:
        """J of each scored frame of a video; empty where it is no sequence of the dataset."""
        return self.frames.get(video_id) or self.frames.get(read_sequence_name(video_id)) or []


def read_scores(run: RunFolder) -> RunScores | None:
    """The scores of a run; None where it was not evaluated."""
    uri = run.file("summary.json")
    if not is_file(uri):
        return None
    frames: dict[str, list[float]] = {}
    table = parquet.read_table(io.BytesIO(read_bytes(run.file("metrics", "frames.parquet"))))
    for row in table.select(["sequence", "j"]).to_pylist():
        frames.setdefault(row["sequence"], []).append(row["j"])
    return RunScores(summary=json.loads(read_bytes(uri)), frames=frames)


def describe_summary(summary: dict[str, Any]) -> dict[str, Any]:
    """What the page's script shows of `summary.json`: facts, and tables of cells that are texts."""
    mean_j, mean_f = summary["sequence_mean"]["j"], summary["sequence_mean"]["f"]
    keys = [f"{score}_{kind}" for score in "jf" for kind in ("mean", "recall", "decay")]
    rows = [_build_row(row["sequence"], row["frames"], [row[key] for key in keys]) for row in summary["sequences"]]
    means = [mean[kind] for mean in (mean_j, mean_f) for kind in ("mean", "recall", "decay")]
    rows.append(_build_row("sequence mean", summary["frames"], means) | {"total": True})
    head = ["sequence", "frames", *(f"{score} {kind}" for score in "JF" for kind in ("mean", "recall", "decay"))]
    where = f"{summary['dataset']} {summary['split']}"
    over_frames = summary["frame_mean"]
    return {
        "metric": "J",
        "facts": [[f"{mean_j['mean']:.3f}", f"J, {where}"], [f"{mean_f['mean']:.3f}", "F"]],
        "caption": f"{where}. Frame mean: J {over_frames['j']:.3f}, F {over_frames['f']:.3f}.",
        "tables": [{"title": "Sequences", "head": head, "text": [], "rows": rows}],
    }


def _build_row(name: str, num_frames: int, values: list[float]) -> dict[str, Any]:
    return {"cells": [name, str(num_frames), *(f"{value:.3f}" for value in values)]}
