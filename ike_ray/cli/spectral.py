"""`ike-ray spectral`: boxes, masks, regions and cut-outs of images."""

from typing import Annotated

import typer

from ike_ray.cli.fill import OutOption, fill
from ike_ray.cli.settings import ConfigOption, ProfileOption, RetryOption, SetOption
from ike_ray.config import SpectralRunConfig
from ike_ray.corpus.spectral import SPECTRAL
from ike_ray.settings_file import read_settings_file
from ike_ray.spectral.image_segmenter import has_saliency

_BY_COLOUR = (
    "No weights: patches are compared by colour and position, which is normalised cuts, not the published method, and finds "
    "what has a colour of its own."
)
_BY_SALIENCY = (
    "No weights: the object is what stands out from what lies along the border, by colour, texture and place, which is not "
    "the published method."
)
_WITH_WEIGHTS = (
    " That one compares patches by features of a vision transformer: --config vit, after pip install 'ike_ray\\[vit]'."
)

# For each task, what is in RUN then, and how its folder ends if the user names none.
_FOUND = {
    "localize": ("Boxes", "boxes"),
    "segment": ("Masks", "masks"),
    "regions": ("Regions", "regions"),
    "matte": ("Masks and cut-outs", "cutouts"),
}


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
    out: OutOption = None,
    task: Annotated[
        str | None,
        typer.Option(
            "--task",
            metavar="TASK",
            help="localize: boxes. segment: masks at full size. regions: every region, numbered. matte: opacity, "
            "and cut-outs in RUN/cutouts. Without it, the setting `task`.",
        ),
    ] = None,
    config_file: ConfigOption = None,
    changes: SetOption = None,
    profile: ProfileOption = False,
    retry_failed: RetryOption = False,
) -> None:
    """Find the object of every image of INPUT, or its regions, by Deep Spectral Methods, into the folder RUN.

    The same command again does only what is missing. A broken image costs its own row, never the run.
    `ike-ray settings spectral` explains every setting.
    """
    chosen = [*([] if task is None else [f"task={task}"]), *(["output.profile=true"] if profile else [])]
    config = read_settings_file(SpectralRunConfig, config_file, [*(changes or []), *chosen])
    found, ending = _FOUND[config.task]
    note = describe_method(config)
    fill(SPECTRAL, source, out, config, retry_failed=retry_failed, found=found, ending=ending, note=note)


def describe_method(config: SpectralRunConfig) -> str:
    """Return what tells the object."""
    if has_saliency(config):
        return _BY_SALIENCY + _WITH_WEIGHTS
    match config.features.source:
        case "colour":
            return _BY_COLOUR + _WITH_WEIGHTS
        case "vit":
            return (
                f"Patches are compared by {config.features.kind} of {config.features.model}, block {config.features.block}."
            )
