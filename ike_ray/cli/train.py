"""`ike-ray train`: one network for a whole corpus."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from ike_ray.cli.console import open_console
from ike_ray.cli.progress import show_training
from ike_ray.cli.settings import ConfigOption, SetOption
from ike_ray.config import TrainConfig
from ike_ray.corpus.train import train_corpus
from ike_ray.settings_file import read_settings_file
from ike_ray.student.model_folder import read_progress, read_unread

# The table that is printed at the end has at most this many rows.
_SHOWN_ROWS = 12


def train(
    runs: Annotated[
        list[str],
        typer.Argument(metavar="RUN", help="Run folders whose masks are learned: of `ike-ray segment` or `spectral`."),
    ],
    out: Annotated[str, typer.Option("--out", metavar="MODEL", help="The student's folder: a new one, or one to continue.")],
    config_file: ConfigOption = None,
    changes: SetOption = None,
) -> None:
    """Train a network, the student, on the masks of whole runs. It then finds objects in single frames: `ike-ray predict`.

    The same command again goes on from the last checkpoint. `ike-ray settings train` explains every setting.
    """
    config = read_settings_file(TrainConfig, config_file, changes)
    console = open_console()
    try:
        with show_training(config.training.num_steps, console) as watch:
            train_corpus(runs, out, config, watch=watch)
    except KeyboardInterrupt:
        console.print("Interrupted. The same command goes on from the last checkpoint.")
        raise
    console.print(_build_table(read_progress(out)))
    _warn_of_unread(console, read_unread(out))
    console.print(f"The student is in {out}. Next: ike-ray predict VIDEOS --model {out} --out RUN", soft_wrap=True)


def _build_table(rows: list[dict[str, Any]]) -> Table:
    """Return a table of rows that are spread evenly, with the last one among them."""
    names = ("step", "loss", "IoU with held-out masks", "frames/s", "seconds")
    table = Table(*(Column(name, justify="right") for name in names))
    step = -(-len(rows) // _SHOWN_ROWS)
    for row in rows[(len(rows) - 1) % step :: step]:
        iou = "" if row["held_out_iou"] is None else f"{row['held_out_iou']:.3f}"
        table.add_row(str(row["step"]), f"{row['loss']:.3f}", iou, f"{row['samples_per_s']:.1f}", f"{row['seconds']:.0f}")
    return table


def _warn_of_unread(console: Console, unread: dict[str, str]) -> None:
    if unread:
        video_id, reason = next(iter(unread.items()))
        console.print(
            f"{len(unread)} videos could not be read and taught nothing. The first: {video_id}: {reason}",
            style="yellow",
            markup=False,
            soft_wrap=True,
        )
