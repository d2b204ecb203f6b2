"""`ike-ray draw`: clips to try things on, and clips that the motion network learns from."""

import os
from concurrent.futures import ProcessPoolExecutor, as_completed
from enum import StrEnum
from functools import partial
from multiprocessing import get_context
from typing import Annotated

import cv2
import torch
import typer
from rich.progress import track

from ike_ray.cli.console import open_console
from ike_ray.datasets.synthetic import SPLIT, write_drawn_dataset
from ike_ray.motion.samples import write_sample
from ike_ray.storage.files import read_path


class Purpose(StrEnum):
    """What clips are drawn for."""

    TRY = "try"
    MOTION = "motion"


def draw(
    root: Annotated[str, typer.Argument(metavar="ROOT", help="Folder to draw into.")],
    purpose: Annotated[
        Purpose, typer.Option("--for", help="try: four simple clips with masks. motion: samples for `ike-ray train-motion`.")
    ] = Purpose.TRY,
    num_frames: Annotated[int, typer.Option("--frames", min=3, help="Frames of each clip; motion: always 9.")] = 24,
    num_clips: Annotated[int, typer.Option("--clips", min=1, help="motion only: clips, one file of 4 MB each.")] = 3500,
    first_seed: Annotated[int, typer.Option("--first-seed", min=0, help="motion only: where to go on, or another part.")] = 0,
) -> None:
    """Draw clips with exact masks: a few in the layout of DAVIS-2016, or thousands that the motion network learns from.

    With --for motion all cores draw, and the same command again draws only what is missing.
    """
    path = read_path(root)
    if purpose is Purpose.TRY:
        write_drawn_dataset(path, num_frames=num_frames)
        typer.echo(f"Drew clips below {root}/JPEGImages/480p with true masks, split {SPLIT}.")
        return
    seeds = range(first_seed, first_seed + num_clips)
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn"), initializer=_use_one_thread) as pool:
        tasks = [pool.submit(partial(write_sample, path), seed) for seed in seeds]
        shown = track(as_completed(tasks), "drawing", total=num_clips, console=open_console(is_stderr=True))
        for task in shown:
            task.result()
    typer.echo(f"Drew {num_clips} samples into {root}. Next: ike-ray train-motion {root} --out weights.safetensors")


def _use_one_thread() -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
