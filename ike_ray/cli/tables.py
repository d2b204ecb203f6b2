"""Tables for the terminal."""

from collections import Counter

from rich.table import Column, Table

from ike_ray.evaluate.scores import DatasetScores
from ike_ray.metrics.statistics import Statistics
from ike_ray.storage.run_folder import RunFolder


def build_run_table(run: RunFolder) -> Table:
    """How the videos of a run ended, failures by their reason."""
    outcomes = run.read_outcomes(["status", "error_type", "frames", "seconds"]).to_pylist()
    groups = Counter((outcome["status"], outcome["error_type"] or "") for outcome in outcomes)
    table = Table("status", "reason", *(_number(name) for name in ("videos", "frames", "worker seconds")))
    for (status, reason), count in sorted(groups.items(), key=lambda group: (group[0][0] != "ok", group[0])):
        members = [entry for entry in outcomes if (entry["status"], entry["error_type"] or "") == (status, reason)]
        num_frames = sum(entry["frames"] or 0 for entry in members)
        table.add_row(status, reason, str(count), str(num_frames), f"{sum(entry['seconds'] for entry in members):.1f}")
    return table


def build_score_table(scores: DatasetScores, title: str) -> Table:
    """J and F of each sequence, and both averages."""
    columns = ("frames", "J mean", "recall", "decay", "F mean", "recall", "decay")
    table = Table("sequence", *(_number(name) for name in columns), title=title)
    for sequence in scores.sequences:
        note = f" ({sequence.num_missing} missing)" if sequence.num_missing else ""
        table.add_row(sequence.name + note, str(len(sequence.frame_j)), *_cells(sequence.j), *_cells(sequence.f))
    table.add_section()
    num_frames = str(sum(len(sequence.frame_j) for sequence in scores.sequences))
    table.add_row("sequence mean", num_frames, *_cells(scores.sequence_mean_j), *_cells(scores.sequence_mean_f), style="bold")
    over_j = f"{scores.frame_mean_j:.3f}", f"{scores.frame_recall_j:.3f}", ""
    over_f = f"{scores.frame_mean_f:.3f}", f"{scores.frame_recall_f:.3f}", ""
    table.add_row("frame mean", num_frames, *over_j, *over_f)
    return table


def _cells(statistics: Statistics) -> tuple[str, str, str]:
    return f"{statistics.mean:.3f}", f"{statistics.recall:.3f}", f"{statistics.decay:.3f}"


def _number(name: str) -> Column:
    return Column(name, justify="right")
