"""`ike-ray demo`: everything once, from videos to the page to look at."""

from pathlib import PurePosixPath
from typing import Annotated

import typer

from ike_ray.cli.console import open_console
from ike_ray.cli.draw import draw
from ike_ray.cli.evaluate import evaluate
from ike_ray.cli.report import report
from ike_ray.cli.segment import segment
from ike_ray.datasets.synthetic import SPLIT
from ike_ray.storage.files import safe_name, strip_query

_SETTINGS = "fast"


def demo(
    source: Annotated[
        str | None,
        typer.Argument(metavar="INPUT", help="Videos of yours, as for `ike-ray segment`. Without it, clips are drawn."),
    ] = None,
    out: Annotated[str, typer.Option("--out", metavar="FOLDER", help="Where all of it goes.")] = "ike-ray-demo",
    num_frames: Annotated[int, typer.Option("--frames", min=3, help="Frames of each clip that is drawn.")] = 24,
) -> None:
    """Draw four clips, find their objects, score what was found against the truth, and write the page to look at.

    With INPUT it takes videos of yours instead, which have no truth to be scored against. It takes some minutes, and the same
    command again does only what is missing.
    """
    name = f"-{safe_name(PurePosixPath(strip_query(source)).name)}" if source else ""
    run = f"{out}/run{name}"
    if source is None:
        draw(f"{out}/clips", num_frames=num_frames)
        segment(f"{out}/clips/JPEGImages/480p", run, _SETTINGS)
        evaluate([run], f"{out}/clips", split=SPLIT)
    else:
        segment(source, run, _SETTINGS)
    report(run)
    drawn = [("clips", "four drawn clips with exact masks")] if source is None else []
    scores = [(f"run{name}/summary.json", "scores")] if source is None else []
    made = [
        *drawn,
        (f"run{name}/outcomes", "one row a video, Parquet"),
        (f"run{name}/frames", "one row a frame: mask, box, area, confidence"),
        *scores,
        (f"run{name}/report.html", "the page to look at: open it in a browser"),
    ]
    width = max(len(place) for place, _ in made)
    lines = [f"{'' if number else 'Made:':6} {out}/{place:{width}}  {what}" for number, (place, what) in enumerate(made)]
    following = "Next:  ike-ray segment VIDEOS, ike-ray settings --list" if source else "Next:  ike-ray demo VIDEOS"
    open_console().print("", *lines, following, sep="\n", markup=False, soft_wrap=True)
