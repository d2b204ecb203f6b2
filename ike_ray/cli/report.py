"""`ike-ray report`: a run as one page."""

from typing import Annotated

import typer

from ike_ray.cli.console import open_console
from ike_ray.report.page import build_portable_report, build_report
from ike_ray.report.truth import write_truth
from ike_ray.run.description import open_run
from ike_ray.storage.files import is_file, read_path, write_bytes


def report(
    source: Annotated[str, typer.Argument(metavar="RUN", help="A run folder; one that is still growing, too.")],
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Write a page that carries its pictures, to be sent or kept elsewhere. Without it, write RUN/report.html, "
            "which shows the pictures of the run and is small.",
        ),
    ] = None,
    most: Annotated[
        int, typer.Option("--most", min=1, help="The most videos in the page: failures, then the least confident.")
    ] = 5000,
) -> None:
    """Write one HTML page: a gallery of all videos, a page for each, plots and scores. It needs no network.

    If the run was evaluated, the truth is drawn beside the masks.
    """
    run = open_run(read_path(source))
    console = open_console()
    with console.status("drawing the truth") as status:
        num_truths = write_truth(run, report=lambda video_id: status.update(f"drawing the truth: {video_id}"))
    if num_truths is None and is_file(run.file("summary.json")):
        console.print("The dataset is no longer where the run was evaluated on it: no truth is drawn.")
    target = read_path(out) if out else run.file("report.html")
    write_bytes(target, (build_portable_report if out else build_report)(run, most=most).encode())
    console.print(f"Wrote {target}. Open it in a browser.", soft_wrap=True, markup=False)
