"""`ike-ray status`: how far a run is."""

from typing import Annotated

import typer

from ike_ray.cli.console import open_console
from ike_ray.cli.tables import build_status_table
from ike_ray.corpus.jobs import choose_job
from ike_ray.report.status import read_status
from ike_ray.run.description import open_run, read_job
from ike_ray.storage.files import read_path


def status(
    source: Annotated[str, typer.Argument(metavar="RUN", help="A run folder, local or s3://, finished or growing.")],
) -> None:
    """Tell what was asked, what is done, what failed and why, and how long the rest will take.

    It reads only the run's folder, so it needs no cluster and may be called from any machine, at any time.
    """
    run = open_run(read_path(source))
    found, job = read_status(run), read_job(run.uri)
    nouns = choose_job(job).nouns
    console = open_console()
    console.print(build_status_table(found, nouns))
    console.print(
        f"{found.num_asked} {nouns} asked, {found.num_asked - found.num_remaining} done, {found.num_remaining} remaining "
        f"({found.num_working} in the hands of a worker)."
    )
    if found.frames_per_s is not None and found.num_remaining:
        left = "" if found.left_s is None else f", about {format_duration(found.left_s)} left"
        console.print(f"{found.frames_per_s:.2f} frames/s over the last minutes{left}.")
    if found.driver:
        console.print(f"Held by process {found.driver['pid']} on {found.driver['host']}.", highlight=False)
    elif found.num_remaining:
        console.print(f"No process works on it. The same `ike-ray {job}` command does the rest.")
    num_reviewed = found.num_accepted + found.num_rejected
    if num_reviewed:
        console.print(
            f"{num_reviewed} {nouns} reviewed: {found.num_accepted} accepted, {found.num_rejected} rejected. By confidence: "
            f"ike-ray review {run.uri}",
            soft_wrap=True,
            markup=False,
        )
    if any(row[0] == "failed" for row in found.reasons):
        console.print(
            f"Failed {nouns}, with reasons: RUN/outcomes, or `ike-ray report`. Take them again with --retry-failed."
        )


def format_duration(seconds: float) -> str:
    """Return a text such as `3 h 20 min` or `45 s`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
