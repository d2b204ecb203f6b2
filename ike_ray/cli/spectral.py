"""`ike-ray spectral`: boxes, masks, regions and cut-outs of images."""

from typing import Annotated

import typer

from ike_ray.cli.console import open_console
from ike_ray.cli.progress import build_show
from ike_ray.cli.settings import ConfigOption, SetOption, read_settings_as
from ike_ray.cli.tables import NOUNS, build_status_table
from ike_ray.config import SpectralRunConfig
from ike_ray.corpus.spectral import spectral_corpus
from ike_ray.report.status import read_status
from ike_ray.storage.files import read_path
from ike_ray.storage.run_description import create_run
from ike_ray.video.manifest import list_images_and_videos

_WITHOUT_WEIGHTS = (
    "No weights: patches are compared by colour and position, which is normalised cuts, not the published method, and finds "
    "what has a colour of its own. The published one compares them by features of a vision transformer: "
    "--set features.source=vit --set features.model=facebook/dino-vits16, after pip install 'ike_ray\\[vit]'."
)


def spectral(
    source: Annotated[
        str,
        typer.Argument(
            metavar="INPUT",
            help="An image, a folder of images or videos, a glob in quotes, or a manifest (.csv or .parquet with a column "
            "`uri` and, if you like, `video_id`). Each image is a row of its own; of a video, or of a folder that a manifest "
            "names, every frame is taken, or every video.stride-th.",
        ),
    ],
    out: Annotated[str, typer.Option("--out", metavar="RUN", help="The run folder: a new one, or one to be continued.")],
    task: Annotated[
        str | None,
        typer.Option(
            "--task",
            metavar="TASK",
            help="localize: boxes. segment: masks at full size. regions: every region, numbered. matte: opacity, "
            "and cut-outs in RUN/cutouts. Left out: the setting `task`.",
        ),
    ] = None,
    config_file: ConfigOption = None,
    changes: SetOption = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Take failed and skipped images again.")] = False,
) -> None:
    """Find the object of every image of INPUT, or its regions, by Deep Spectral Methods, into the folder RUN.

    The same command again does only what is missing. A broken image costs its own row, never the run.
    `ike-ray settings spectral` explains every setting.
    """
    chosen = [] if task is None else [f"task={task}"]
    config = read_settings_as(SpectralRunConfig, config_file, [*(changes or []), *chosen])
    refs = list_images_and_videos(source)
    run = create_run(read_path(out), config, source, refs)
    console = open_console()
    console.print(describe_features(config))
    try:
        spectral_corpus(refs, run, config, retry_failed=retry_failed, show=build_show(console, len(refs), NOUNS["spectral"]))
    except KeyboardInterrupt:
        console.print("Interrupted. What was finished is kept: the same command does the rest.")
        raise
    console.print(build_status_table(read_status(run), NOUNS["spectral"]))
    found = {"localize": "Boxes", "segment": "Masks", "regions": "Regions", "matte": "Masks and cut-outs"}[config.task]
    console.print(f"{found} are in {run.uri}. Next: ike-ray report {run.uri}", soft_wrap=True)


def describe_features(config: SpectralRunConfig) -> str:
    """What patches are compared by."""
    match config.features.source:
        case "colour":
            return _WITHOUT_WEIGHTS
        case "vit":
            return (
                f"Patches are compared by {config.features.kind} of {config.features.model}, block {config.features.block}."
            )
