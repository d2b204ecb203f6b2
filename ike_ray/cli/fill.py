"""What the commands that fill a run's folder share."""

import os
import re
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from ike_ray.cli.console import open_console
from ike_ray.cli.progress import build_show
from ike_ray.cli.tables import build_status_table
from ike_ray.corpus.fill_run import fill_run
from ike_ray.corpus.filling_job import FillingJob
from ike_ray.report.status import RunStatus, read_status
from ike_ray.run.description import create_run
from ike_ray.storage.files import has_entry, is_folder, is_local, read_path, safe_name, strip_query

OutOption = Annotated[
    str | None,
    typer.Option(
        "--out",
        metavar="RUN",
        help="The run folder: a new one, or one to be continued. Without it, a folder beside INPUT that bears its name, as "
        "INPUT-masks does; for a URI or a glob, such a folder in the current one.",
    ),
]

_GLOB_SIGN = re.compile(r"[*?\[]")


def fill(
    job: FillingJob[Any],
    source: str,
    out: str | None,
    config: Any,
    *,
    retry_failed: bool,
    found: str,
    ending: str,
    note: str = "",
) -> None:
    """Carry a job over INPUT into the folder RUN, and show how it went.

    `found` names what is in RUN then. If no RUN is named, it is that of `choose_run`.
    """
    config = job.identify(config)
    refs = job.list_items(source)
    run = create_run(choose_run(source, ending) if out is None else read_path(out), config, source, refs)
    console = open_console()
    if out is None:
        console.print(f"Writing to {run.uri}, since no --out is given.", markup=False, soft_wrap=True)
    if note:
        console.print(note)
    show = build_show(console, len(refs), job.nouns)
    _say_when_interrupted(console, lambda: fill_run(job, refs, run, config, retry_failed=retry_failed, show=show))
    status = read_status(run)
    console.print(build_status_table(status, job.nouns))
    console.print(_describe_end(status, job.nouns, found, run.uri), markup=False, soft_wrap=True)


def choose_run(source: str, ending: str) -> str:
    """Return the folder for what is found in INPUT if the user names none: the name of INPUT, without a suffix, and `ending`.

    For the file `films/cat.mp4`, or the folder `films/cat`, it is `films/cat-masks`. For a URI and for a glob it lies in the
    current folder, since nobody said that their places may be written to: for `s3://bucket/films` and for `films/*.mp4` it is
    `films-masks`.
    """
    is_pattern = not has_entry(source) and _GLOB_SIGN.search(source) is not None
    if is_pattern:  # the folder before the first sign
        source = _GLOB_SIGN.split(source)[0].rpartition("/")[0] or "."
    is_whole = is_pattern or is_folder(source)  # the dot in a folder's name begins no suffix
    path = Path(os.path.normpath(read_path(source)) if is_local(source) else strip_query(source).partition("://")[2])
    name = f"{path.name if is_whole else path.stem}-{ending}"
    return str(path.with_name(name) if is_local(source) and not is_pattern else Path.cwd() / safe_name(name))


def _describe_end(status: RunStatus, nouns: str, found: str, uri: str) -> str:
    """Return what is there now, and what to do next."""
    num_ok = sum(num_videos for name, _, num_videos, *_ in status.reasons if name == "ok")
    if num_ok == 0:
        return f"Nothing was found: none of {status.num_asked} {nouns} ended well. Reasons: ike-ray report {uri}"
    return f"{found} are in {uri}. Next: ike-ray report {uri}"


def _say_when_interrupted(console: Console, work: Any) -> None:
    try:
        work()
    except KeyboardInterrupt:
        console.print("Interrupted. What was finished is kept: the same command does the rest.")
        raise
