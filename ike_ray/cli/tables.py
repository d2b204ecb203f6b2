"""Tables for the terminal."""

from rich.table import Column, Table

from ike_ray.evaluate.scores import DatasetScores
from ike_ray.metrics.statistics import Statistics
from ike_ray.report.status import RunStatus


def build_status_table(status: RunStatus) -> Table:
    """How the videos of a run ended, failures by their reason."""
    table = Table("status", "reason", *(_number(name) for name in ("videos", "frames", "worker seconds")))
    for name, reason, num_videos, num_frames, seconds in status.reasons:
        table.add_row(name, reason, str(num_videos), str(num_frames), f"{seconds:.1f}")
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
