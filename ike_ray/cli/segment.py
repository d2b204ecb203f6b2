"""`ike-ray segment`: the main job."""

from typing import Annotated

import typer

from ike_ray.cli.fill import fill
from ike_ray.cli.settings import ConfigOption, ProfileOption, RetryOption, SetOption, read_settings_as
from ike_ray.config import Config
from ike_ray.corpus.segment import SEGMENT


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
    profile: ProfileOption = False,
    retry_failed: RetryOption = False,
) -> None:
    """Segment every video of INPUT into the folder RUN.

    The same command again does only what is missing. A broken video costs its own row, never the run.
    `ike-ray settings` explains every setting.
    """
    changes = [*(changes or []), *(["output.profile=true"] if profile else [])]
    config = read_settings_as(Config, config_file, changes)
    fill(SEGMENT, source, out, config, retry_failed=retry_failed, found="Masks and scores")
