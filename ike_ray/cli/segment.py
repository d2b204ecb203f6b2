"""`ike-ray segment`: the main job."""

from typing import Annotated

import typer

from ike_ray.cli.console import open_console
from ike_ray.cli.progress import build_show
from ike_ray.cli.settings import ConfigOption, SetOption, read_settings
from ike_ray.cli.tables import build_status_table
from ike_ray.corpus.segment import locate_second_cue, segment_corpus
from ike_ray.report.status import read_status
from ike_ray.storage.files import read_path
from ike_ray.storage.run_description import create_run
from ike_ray.video.manifest import list_videos


def segment(
    source: Annotated[
        str,
        typer.Argument(
            metavar="INPUT",
            help="A video, a folder of videos or of frame folders, a glob in quotes, or a manifest (.csv or .parquet with a "
            "column `uri` and, if you like, `video_id`).",
        ),
    ],
    out: Annotated[str, typer.Option("--out", metavar="RUN", help="The run folder: a new one, or one to be continued.")],
    config_file: ConfigOption = None,
    changes: SetOption = None,
    profile: Annotated[
        bool,
        typer.Option("--profile", help="Also write processor time and peak memory of each stage; the report shows them."),
    ] = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Take failed and skipped videos again.")] = False,
) -> None:
    """Segment every video of INPUT into the folder RUN.

    The same command again does only what is missing. A broken video costs its own row, never the run.
    `ike-ray settings` explains every setting.
    """
    changes = [*(changes or []), *(["output.profile=true"] if profile else [])]
    config = locate_second_cue(read_settings(config_file, changes))
    refs = list_videos(source)
    run = create_run(read_path(out), config, source, refs)
    console = open_console()
    try:
        segment_corpus(refs, run, config, retry_failed=retry_failed, show=build_show(console, len(refs)))
    except KeyboardInterrupt:
        console.print("Interrupted. What was finished is kept: the same command does the rest.")
        raise
    console.print(build_status_table(read_status(run)))
    console.print(f"Masks and scores are in {run.uri}. Next: ike-ray report {run.uri}", soft_wrap=True)
