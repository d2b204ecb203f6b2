"""`ike-ray predict`: a trained student on a corpus."""

from typing import Annotated

import typer

from ike_ray.cli.console import open_console
from ike_ray.cli.progress import build_show
from ike_ray.cli.settings import ConfigOption, SetOption, read_settings_as
from ike_ray.cli.tables import build_status_table
from ike_ray.config import PredictRunConfig
from ike_ray.corpus.predict import locate_student, predict_corpus
from ike_ray.report.status import read_status
from ike_ray.storage.files import read_path
from ike_ray.storage.run_description import create_run
from ike_ray.video.manifest import list_videos


def predict(
    source: Annotated[str, typer.Argument(metavar="INPUT", help="As for `ike-ray segment`.")],
    model: Annotated[
        str, typer.Option("--model", metavar="MODEL", help="The student: a folder that `ike-ray train` filled.")
    ],
    out: Annotated[str, typer.Option("--out", metavar="RUN", help="The run folder: a new one, or one to be continued.")],
    config_file: ConfigOption = None,
    changes: SetOption = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Take failed and skipped videos again.")] = False,
) -> None:
    """Find the objects of every video of INPUT with a trained student, frame by frame, into the folder RUN.

    The folder is like that of `ike-ray segment`. The same command again does only what is missing.
    `ike-ray settings predict` explains every setting.
    """
    config = locate_student(read_settings_as(PredictRunConfig, config_file, [*(changes or []), f"model={model}"]))
    refs = list_videos(source)
    run = create_run(read_path(out), config, source, refs)
    console = open_console()
    try:
        predict_corpus(refs, run, config, retry_failed=retry_failed, show=build_show(console, len(refs)))
    except KeyboardInterrupt:
        console.print("Interrupted. What was finished is kept: the same command does the rest.")
        raise
    console.print(build_status_table(read_status(run)))
    console.print(f"Masks are in {run.uri}. Next: ike-ray report {run.uri}", soft_wrap=True)
