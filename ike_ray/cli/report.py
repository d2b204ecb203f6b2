"""`ike-ray report`: a run as one page."""

from typing import Annotated

import typer

from ike_ray.report.page import build_report
from ike_ray.storage.files import read_path, write_bytes
from ike_ray.storage.run_description import open_run


def report(
    source: Annotated[str, typer.Argument(metavar="RUN", help="A run folder; one that is still growing, too.")],
    out: Annotated[str | None, typer.Option("--out", help="The page. Left out: RUN/report.html.")] = None,
) -> None:
    """Write one HTML page with every video's overlays, numbers and cycles, failures first. It needs no network."""
    run = open_run(read_path(source))
    target = read_path(out) if out else run.file("report.html")
    write_bytes(target, build_report(run).encode())
    typer.echo(f"Wrote {target}. Open it in a browser.")
