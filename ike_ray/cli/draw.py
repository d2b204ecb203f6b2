"""`ike-ray draw`: clips to try things on."""

from typing import Annotated

import typer

from ike_ray.datasets.synthetic import SPLIT, write_drawn_dataset
from ike_ray.storage.files import read_path


def draw(
    root: Annotated[str, typer.Argument(metavar="ROOT", help="Folder to draw into.")],
    num_frames: Annotated[int, typer.Option("--frames", min=3, help="Frames of each clip.")] = 24,
) -> None:
    """Draw clips with exact masks, in the layout of DAVIS-2016: textured objects over a moving textured background."""
    write_drawn_dataset(read_path(root), num_frames=num_frames)
    typer.echo(f"Drew clips below {root}/JPEGImages/480p with true masks, split {SPLIT}.")
