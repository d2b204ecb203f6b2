"""`ike-ray`: its commands, and how errors leave the program."""

import logging
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ike_ray.cli.console import open_console, show_log
from ike_ray.errors import ConfigError, IkeRayError
from ike_ray.storage.credentials import hide_credentials
from ike_ray.version import __version__

# Each command is the function of its name in the module of its name. The sentences are those of `ike-ray --help`.
COMMANDS = {
    "demo": "Draw clips, or take videos of yours, and find their objects, up to the page to look at.",
    "segment": "Find the main object of every frame of videos.",
    "spectral": "Find the object of every image, its regions, or a cut-out.",
    "semantics": "Find which regions of a run are alike, and give each the label of its cluster.",
    "train": "Train one network, the student, on the masks of whole runs.",
    "predict": "Find the objects of videos with a trained student, frame by frame.",
    "plan": "Segment a sample of a corpus here, and estimate hours, storage and cost of the whole.",
    "submit": "Run a job on a Ray cluster, and follow it to its end.",
    "status": "Tell what is done of a run, what failed and why, and how long the rest will take.",
    "evaluate": "Score masks of one or several systems against the truth.",
    "report": "Write one page that shows all videos of a run.",
    "review": "Put the verdicts of a person on the masks into the run.",
    "export": "Write the masks of a run in the form that another tool takes.",
    "datasets": "List the datasets that can be evaluated, or check the folder of one.",
    "settings": "Print every setting with its value and what it is for, or list the settings that come with the program.",
    "draw": "Draw clips with exact masks.",
    "train-motion": "Train the network that tells what moves by itself. The program comes with its weights.",
}


class _Commands(TyperGroup):
    """A group that imports a command when it is called, and none to list their names: all together take seconds."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the name of the command that is called, the command, and its own arguments."""
        name, found, rest = super().resolve_command(ctx, args)
        return name, found and load_command(found.name or ""), rest


def load_command(name: str) -> Any:
    """Return the command of that name, with its options."""
    function = name.replace("-", "_")
    alone = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    alone.command(name)(getattr(import_module(f"ike_ray.cli.{function}"), function))
    return typer.main.get_command(alone)


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Outline the main object of every frame of a corpus of videos or images, without one label.",
    epilog="Start with: ike-ray demo; ike-ray segment VIDEOS --config fast",
)
for _name, _sentence in COMMANDS.items():
    app.command(_name, help=_sentence)(lambda: None)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command, and end the process with 0, with 2 for wrong settings or arguments, or with 1 for our other errors."""
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
