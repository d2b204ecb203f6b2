"""What the commands that fill a run's folder share."""

from typing import Any

from rich.console import Console

from ike_ray.cli.console import open_console
from ike_ray.cli.progress import build_show
from ike_ray.cli.tables import build_status_table
from ike_ray.corpus.fill_run import fill_run
from ike_ray.corpus.filling_job import FillingJob
from ike_ray.report.status import read_status
from ike_ray.run.description import create_run
from ike_ray.storage.files import read_path


def fill(job: FillingJob[Any], source: str, out: str, config: Any, *, retry_failed: bool, found: str, note: str = "") -> None:
    """Carry a job over INPUT into the folder RUN, and show how it went. `found` names what is in RUN then."""
    config = job.identify(config)
    refs = job.list_items(source)
    run = create_run(read_path(out), config, source, refs)
    console = open_console()
    if note:
        console.print(note)
    show = build_show(console, len(refs), job.nouns)
    _say_when_interrupted(console, lambda: fill_run(job, refs, run, config, retry_failed=retry_failed, show=show))
    console.print(build_status_table(read_status(run), job.nouns))
    console.print(f"{found} are in {run.uri}. Next: ike-ray report {run.uri}", soft_wrap=True)


def _say_when_interrupted(console: Console, work: Any) -> None:
    try:
        work()
    except KeyboardInterrupt:
        console.print("Interrupted. What was finished is kept: the same command does the rest.")
        raise
