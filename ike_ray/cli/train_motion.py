"""`ike-ray train-motion`: make the weights of the motion network again."""

from typing import Annotated

import typer
from rich.progress import Progress, TextColumn
from safetensors.torch import save

from ike_ray.cli.console import open_console
from ike_ray.errors import ConfigError
from ike_ray.motion.samples import group_by_size, read_sample
from ike_ray.motion.train import train_motion_network
from ike_ray.storage.files import list_folder, read_path, write_bytes

_MEMORY = 0.99  # the loss that is shown is a moving mean with this memory


def train_motion(
    samples: Annotated[str, typer.Argument(metavar="SAMPLES", help="Folder of `ike-ray draw --for motion`.")],
    out: Annotated[str, typer.Option("--out", help="File to write, .safetensors.")],
    num_steps: Annotated[int, typer.Option("--steps", min=1, help="Gradient steps of eight frames.")] = 9000,
    seed: Annotated[int, typer.Option("--seed", help="Of the weights and of the order of samples.")] = 0,
) -> None:
    """Train the network that tells what moves by itself, from drawn samples alone. The program comes with such weights.

    To use others, put the file into the package, as ike_ray/motion/weights.safetensors.
    """
    uris = [uri for uri in list_folder(read_path(samples)) if uri.endswith(".npz")]
    if not uris:
        raise ConfigError(
            f"cannot train on {samples}: expected .npz files of `ike-ray draw --for motion`, found none. Draw them first"
        )
    with Progress(
        *Progress.get_default_columns(), TextColumn("loss {task.fields[loss]:.3f}"), console=open_console(is_stderr=True)
    ) as bar:
        task = bar.add_task("training", total=num_steps, loss=0.0)

        def watch(step: int, loss: float) -> None:
            before = bar.tasks[0].fields["loss"] if step > 1 else loss
            bar.update(task, completed=step, loss=_MEMORY * before + (1 - _MEMORY) * loss)

        network = train_motion_network(read_sample, group_by_size(uris), num_steps=num_steps, seed=seed, watch=watch)
    write_bytes(read_path(out), save({name: value.contiguous() for name, value in network.state_dict().items()}))
    typer.echo(f"Wrote {out}, learned in {num_steps} steps from {len(uris)} drawn clips.")
