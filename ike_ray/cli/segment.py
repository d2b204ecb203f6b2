"""`ike-ray segment`: the main job."""

from typing import Annotated

import typer

from ike_ray.cli.fill import OutOption, fill
from ike_ray.cli.settings import ConfigOption, ProfileOption, RetryOption, SetOption
from ike_ray.config import Config
from ike_ray.corpus.segment import SEGMENT
from ike_ray.settings_file import read_settings_file


def segment(
    source: Annotated[
        str,
        typer.Argument(
            metavar="INPUT",
            help="A video, a folder of videos or of frame folders, a glob in quotes, or a manifest (.csv or .parquet with a "
            "column `uri` and, if you like, `video_id`).",
        ),
    ],
    out: OutOption = None,
    config_file: ConfigOption = None,
    changes: SetOption = None,
    profile: ProfileOption = False,
    retry_failed: RetryOption = False,
) -> None:
    """Find the main object of every frame of every video of INPUT, into the folder RUN.

    The same command again does only what is missing. A broken video costs its own row, never the run.
    `ike-ray settings` explains every setting.
    """
    changes = [*(changes or []), *(["output.profile=true"] if profile else [])]
    config = read_settings_file(Config, config_file, changes)
    fill(SEGMENT, source, out, config, retry_failed=retry_failed, found="Masks and scores", ending="masks")
