"""Tables for the terminal."""

from rich.table import Column, Table
from rich.text import Text

from ike_ray.evaluate.tables import ScoreTable, is_number_column
from ike_ray.report.status import RunStatus


def build_status_table(status: RunStatus, nouns: str) -> Table:
    """Return a table of how the videos or images of a run ended, with failures by their reason."""
    table = Table("status", "reason", *(_number(name) for name in (nouns, "frames", "worker seconds")))
    for name, reason, num_videos, num_frames, seconds in status.reasons:
        table.add_row(name, reason, str(num_videos), str(num_frames), f"{seconds:.1f}")
    return table


def build_score_table(scores: ScoreTable) -> Table:
    """Return scores as the terminal shows them. The notes are left to the caller."""
    columns = [
        _number(name) if is_number_column(scores, position) else Column(name) for position, name in enumerate(scores.columns)
    ]
    table = Table(*columns, title=scores.title)
    for rows in scores.sections:
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        table.add_section()
    return table


def _number(name: str) -> Column:
    return Column(name, justify="right")
