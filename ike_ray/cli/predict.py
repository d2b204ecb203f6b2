"""`ike-ray predict`: a trained student on a corpus."""

from typing import Annotated

import typer

from ike_ray.cli.fill import OutOption, fill
from ike_ray.cli.settings import ConfigOption, ProfileOption, RetryOption, SetOption
from ike_ray.config import PredictRunConfig
from ike_ray.corpus.predict import PREDICT
from ike_ray.settings_file import read_settings_file


def predict(
    source: Annotated[str, typer.Argument(metavar="INPUT", help="As for `ike-ray segment`.")],
    out: OutOption = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="MODEL",
            help="The student, a folder that `ike-ray train` filled. Without it, the setting `model`.",
        ),
    ] = None,
    config_file: ConfigOption = None,
    changes: SetOption = None,
    profile: ProfileOption = False,
    retry_failed: RetryOption = False,
) -> None:
    """Find the objects of every video of INPUT with a trained student, frame by frame, into the folder RUN.

    The folder is like that of `ike-ray segment`. The same command again does only what is missing.
    `ike-ray settings predict` explains every setting.
    """
    chosen = [*([] if model is None else [f"model={model}"]), *(["output.profile=true"] if profile else [])]
    config = read_settings_file(PredictRunConfig, config_file, [*(changes or []), *chosen])
    fill(PREDICT, source, out, config, retry_failed=retry_failed, found="Masks", ending="predicted")
