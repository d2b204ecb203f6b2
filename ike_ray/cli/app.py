"""`ike-ray`: its commands, and how errors leave the program."""

import logging
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from ike_ray import __version__
from ike_ray.cli.console import open_console, show_log
from ike_ray.cli.datasets import datasets
from ike_ray.cli.draw import draw
from ike_ray.cli.evaluate import evaluate
from ike_ray.cli.export import export
from ike_ray.cli.plan import plan
from ike_ray.cli.predict import predict
from ike_ray.cli.report import report
from ike_ray.cli.segment import segment
from ike_ray.cli.semantics import semantics
from ike_ray.cli.settings import settings
from ike_ray.cli.spectral import spectral
from ike_ray.cli.status import status
from ike_ray.cli.submit import submit
from ike_ray.cli.train import train
from ike_ray.cli.train_motion import train_motion
from ike_ray.errors import ConfigError, IkeRayError
from ike_ray.storage.credentials import hide_credentials

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Outline the main object of every frame of a corpus of videos or images, without one label.",
    epilog="Start with: ike-ray segment VIDEOS --out RUN --config configs/fast.yaml; ike-ray report RUN",
)
for command in (
    *(segment, spectral, semantics, train, predict, plan, submit, status, evaluate, report, export, datasets, settings, draw),
    train_motion,
):
    app.command()(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command. Ends the process with 0, 2 for wrong settings or arguments, 1 for any other error of ours."""
    try:
        app(arguments, standalone_mode=True)
    except IkeRayError as error:
        message = f"ike-ray: {hide_credentials(str(error))}"
        open_console(is_stderr=True).print(message, style="red", markup=False, soft_wrap=True)
        sys.exit(2 if isinstance(error, ConfigError) else 1)


def _show_version(is_asked: bool | None) -> None:
    if is_asked:
        typer.echo(f"ike_ray {__version__}")
        raise typer.Exit


@app.callback()
def _start(
    version: Annotated[
        bool | None, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = None,
    is_verbose: Annotated[bool, typer.Option("--verbose", help="Log what happens in detail.")] = False,
) -> None:
    show_log(logging.DEBUG if is_verbose else logging.INFO)
