"""The scores that `ike-ray evaluate` wrote into a run, for its page."""

import io
import json
from dataclasses import dataclass
from typing import Any

from pyarrow import parquet

from ike_ray.datasets.open import read_description
from ike_ray.run.folder import RunFolder
from ike_ray.storage.files import is_file, read_bytes
from ike_ray.video.manifest import read_sequence_name

# These names are printed as in papers, and others as they are.
_TITLES = {
    "j": "J",
    "f": "F",
    "jf": "J&F",
    "f_beta": "F-measure",
    "corloc": "CorLoc",
    "s": "S",
    "e": "E",
    "mae": "MAE",
    "iou": "IoU",
}
_STATISTICS = ("mean", "max", "recall", "decay")
_KEYS = {"sequence", "class", "frames", "missing", "failure"}  # the entries of a row of `sequences` that are no score


@dataclass(frozen=True, kw_only=True)
class RunScores:
    """What a run's `summary.json` and `metrics/frames.parquet` say."""

    summary: dict[str, Any]
    sequences: dict[str, dict[str, float]]  # the scores of each sequence by their titles; the first is the one that counts
    frames: dict[str, list[float]]  # that score of each scored frame, if frames have one

    def find_sequence(self, video_id: str) -> str | None:
        """Return the sequence that a video is, or None if it is none of the dataset's."""
        names = (video_id, read_sequence_name(video_id))
        return next((name for name in names if name in self.sequences), None)


def read_scores(run: RunFolder) -> RunScores | None:
    """Return the scores of a run, or None if it was not evaluated."""
    uri = run.file("summary.json")
    if not is_file(uri):
        return None
    summary = json.loads(read_bytes(uri))
    sequences = {
        row["sequence"]: {_title(key): row[key] for key in row if key.endswith("_mean")} for row in summary["sequences"]
    }
    return RunScores(summary=summary, sequences=sequences, frames=_read_frames(run, summary))


def describe_summary(summary: dict[str, Any]) -> dict[str, Any]:
    """Return what the page's script shows of `summary.json`: facts, and tables of cells that are texts."""
    keys = _list_keys(summary)
    means = [entry for entry in summary["averages"] if entry["statistic"] in ("mean", "max")]
    where = f"{summary['dataset']} {summary['split']}"
    if summary.get("unchosen") is not None:
        where += f", only the sequences whose masks a person accepted, without {summary['unchosen']} others"
    return {
        "metric": _title(keys[0]) if keys else None,
        "facts": [[f"{entry['value']:.3f}", _name_average(entry)] for entry in _list_headline(means)],
        "caption": f"{where}, protocol {summary['protocol']}. Intervals hold 95 % of the resamples of the sequences.",
        "tables": [
            {
                "title": f"Averages, and what was published of {read_description(summary['dataset']).splits[0]}",
                "head": ["system", "human labels", *(_name_average(entry) for entry in means), "note"],
                "text": [1, len(means) + 2],
                "rows": [_build_own_row(summary, means), *_list_published(summary, means)],
            },
            {
                "title": "Sequences",
                "head": ["sequence", "frames", *(_title(key, is_long=True) for key in keys)],
                "text": [],
                "rows": [_build_sequence_row(row, keys) for row in summary["sequences"]],
            },
        ],
    }


def _list_keys(summary: dict[str, Any]) -> list[str]:
    """Return the scores that sequences have, such as `j_mean`. A sequence in which nothing counts has none."""
    return list(dict.fromkeys(key for row in summary["sequences"] for key in row if key not in _KEYS))


def _read_frames(run: RunFolder, summary: dict[str, Any]) -> dict[str, list[float]]:
    """Return the first score of each frame, by sequence. It is empty if the protocol scores no single frames."""
    table = parquet.read_table(io.BytesIO(read_bytes(run.file("metrics", "frames.parquet"))))
    first = next(iter(_list_keys(summary)), "").rpartition("_")[0]
    if first not in table.column_names:
        return {}
    frames: dict[str, list[float]] = {}
    for name, value in zip(table["sequence"].to_pylist(), table[first].to_pylist(), strict=True):
        frames.setdefault(name, []).append(value)
    return frames


def _list_headline(means: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the first average of each metric, which is the official one."""
    return list({entry["metric"]: entry for entry in reversed(means)}.values())[::-1]


def _name_average(entry: dict[str, Any]) -> str:
    title = _TITLES.get(entry["metric"], entry["metric"])
    return f"{'max ' if entry['statistic'] == 'max' else ''}{title}, over {entry['over']}"


def _build_own_row(summary: dict[str, Any], means: list[dict[str, Any]]) -> dict[str, Any]:
    cells = [summary["label"], summary["human_labels"], *(_describe_value(entry) for entry in means), ""]
    return {"cells": cells, "total": True}


def _describe_value(entry: dict[str, Any]) -> str:
    interval = (
        "" if entry["low"] is None else f" ({entry['low']:.3f}\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}{entry['high']:.3f})"
    )
    return f"{entry['value']:.3f}{interval}"


def _list_published(summary: dict[str, Any], means: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a row for each system, with each value under the run's average that it is compared with."""
    rows = []
    for own in summary["published"]:
        values = {_name_average(entry): f"{entry['value']:.3f}" for entry in own["values"]}
        cells = [values.get(_name_average(entry), "") for entry in means]
        rows.append({"cells": [own["system"], own["human_labels"], *cells, own["note"]]})
    return rows


def _build_sequence_row(row: dict[str, Any], keys: list[str]) -> dict[str, Any]:
    name = f"{row['sequence']} ({row['failure']})" if row["failure"] else row["sequence"]
    values = [f"{row[key]:.3f}" if key in row else "–" for key in keys]
    return {"cells": [name, str(row["frames"]), *values], "sequence": row["sequence"]}


def _title(key: str, *, is_long: bool = False) -> str:
    """Return `j_mean` as `J`, or in full as `J mean`."""
    metric, _, statistic = key.rpartition("_")
    if statistic not in _STATISTICS:
        return key
    name = _TITLES.get(metric, metric)
    return f"{name} {statistic}" if is_long or statistic != "mean" else name
