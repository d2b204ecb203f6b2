"""`ike-ray datasets`: which datasets there are, what one needs, and its manifest."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from ike_ray.cli.console import open_console
from ike_ray.datasets.description import DatasetDescription
from ike_ray.datasets.manifest import write_manifest
from ike_ray.datasets.open import DatasetName, list_descriptions, list_sequences, read_description
from ike_ray.datasets.page import render_count, render_page
from ike_ray.errors import ConfigError
from ike_ray.storage.files import read_path


def datasets(
    name: Annotated[DatasetName | None, typer.Argument(metavar="NAME", help="A dataset. Without it, list all.")] = None,
    root: Annotated[
        str | None, typer.Option("--root", help="Check this folder of the dataset, laid out as its authors publish it.")
    ] = None,
    split: Annotated[str | None, typer.Option("--split", help="A split of it. Without it, the one to report on.")] = None,
    manifest: Annotated[
        str | None,
        typer.Option(
            "--manifest", metavar="CSV", help="Write a manifest for `ike-ray segment`, or `ike-ray spectral` for images."
        ),
    ] = None,
) -> None:
    """List the datasets that can be evaluated, explain one, or check a folder and write its manifest."""
    if name is None:
        if root or split or manifest:
            raise ConfigError(
                "--root, --split and --manifest are for one dataset: expected its name, found none. Give a NAME"
            )
        show_list(list_descriptions(), open_console())
        return
    description = read_description(name)
    if root is None:
        if split or manifest:
            raise ConfigError(f"--split and --manifest need the folder of {description.title}. Give its folder with --root")
        typer.echo(render_page(description))
        return
    split = split or description.splits[0]
    sequences = list_sequences(name, read_path(root), split)
    num_frames = sum(len(sequence.scored_frames) for sequence in sequences)
    noun = "sequences" if description.kind == "video" else "images"
    typer.echo(f"{description.title}, {split}: {len(sequences)} {noun}, {num_frames} scored frames.")
    if manifest:
        write_manifest(read_path(manifest), sequences)
        command = "segment" if description.kind == "video" else "spectral"
        typer.echo(f"Wrote {manifest}. Next: ike-ray {command} {manifest} --out RUN")


def show_list(descriptions: list[DatasetDescription], console: Console) -> None:
    """Print a table that fits into 80 columns, and below it the addresses, unbroken so that they can be copied."""
    table = Table(
        *(Column(name, no_wrap=True) for name in ("name", "kind", "protocol")),
        Column("sequences or images", justify="right", min_width=10),
        *("size", "licence"),
        box=None,
        padding=(0, 2, 0, 0),
    )
    for entry in descriptions:
        table.add_row(entry.name, entry.kind, entry.protocol, render_count(entry), entry.size, entry.licence)
    console.print(table)
    console.print("\nWhere to get them:")
    width = max(len(entry.name) for entry in descriptions)
    for entry in descriptions:
        console.print(f"{entry.name:<{width}}  {entry.url}", markup=False, soft_wrap=True)
    console.print(
        "\n`ike-ray datasets NAME` shows the tree that one should have, what is scored, and odd rules.", soft_wrap=True
    )
