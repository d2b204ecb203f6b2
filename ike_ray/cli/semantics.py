"""`ike-ray semantics`: names for the regions of a corpus."""

from typing import Annotated, Any

import typer
from rich.table import Table

from ike_ray.cli.console import open_console
from ike_ray.cli.progress import build_show
from ike_ray.cli.settings import ConfigOption, SetOption
from ike_ray.config import SemanticsConfig
from ike_ray.corpus.semantics import name_regions
from ike_ray.run.clusters import parse_names, read_clusters, read_names
from ike_ray.run.description import open_run
from ike_ray.run.folder import RunFolder
from ike_ray.run.segmented import list_segmented
from ike_ray.settings_file import read_settings_file
from ike_ray.storage.files import read_bytes, read_path
from ike_ray.video.manifest import list_videos

_MOST_SHOWN = 40  # the table shows this many clusters


def semantics(
    source: Annotated[
        str, typer.Argument(metavar="RUN", help="A run folder, local or s3://, whose frames have masks or regions.")
    ],
    config_file: ConfigOption = None,
    changes: SetOption = None,
    names: Annotated[
        str | None,
        typer.Option(
            "--names",
            metavar="CSV",
            help="Names for clusters: a first line `label,name`, then lines such as `3,dog`. Without it, the names in "
            "RUN/semantics/names.csv, which may be edited, stay with their clusters.",
        ),
    ] = None,
    place: Annotated[
        str | None,
        typer.Option("--input", metavar="INPUT", help="Where the videos are now, if they moved: INPUT of `ike-ray segment`."),
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try videos again whose pictures could not be read.")
    ] = False,
) -> None:
    """Find which regions of RUN are alike, all over the corpus, and give each the label of its cluster.

    Each region gets a descriptor, the descriptors are clustered from several seeds, and the labels, 1 for the largest cluster
    and so on, go into RUN/frames, column `objects`; 0 stays background. Without weights a descriptor says what a region looks
    like, so that clusters are of looks, not of kinds. For kinds give it a self-supervised vision transformer:
    --set descriptors.source=vit --set descriptors.model=facebook/dino-vits16.

    Look at RUN/semantics/sheets, or the report, and name clusters in RUN/semantics/names.csv. The same command again
    describes only what is new and clusters everything again. `ike-ray settings semantics` explains every setting.
    """
    config = read_settings_file(SemanticsConfig, config_file, changes)
    given = parse_names(read_bytes(names), names) if names else None
    run = open_run(read_path(source))
    moved = {ref.video_id: ref.uri for ref in list_videos(place)} if place else {}
    console = open_console()
    summary = name_regions(
        run,
        config,
        names=given,
        moved=moved,
        retry_failed=retry_failed,
        show=build_show(console, len(list_segmented(run))),
        say=lambda what: console.print(what, markup=False),
    )
    _print_clusters(run, summary)


def _print_clusters(run: RunFolder, summary: dict[str, Any]) -> None:
    console = open_console()
    table = Table("label", "name", "regions", "videos", "spread", title=f"{summary['regions']} regions")
    known = read_names(run)
    for row in read_clusters(run).to_pylist()[:_MOST_SHOWN]:
        cells = (str(row["regions"]), str(row["videos"]), f"{row['spread']:.3f}")
        table.add_row(str(row["label"]), known[row["label"]], *cells)
    console.print(table)
    if summary["agreement_mean"] is not None:
        console.print(
            f"{len(summary['seeds'])} seeds agree by {summary['agreement_mean']:.3f} (deviation "
            f"{summary['agreement_deviation']:.3f}; 1: the same clusters, 0: by chance). Labels are those of seed "
            f"{summary['seed']}."
        )
    if summary["failed"]:
        console.print(
            f"{summary['failed']} videos have no labels, since their pictures could not be read. See --retry-failed."
        )
    console.print(
        f"Contact sheets are in {run.uri}/semantics/sheets, names in names.csv beside them. Next: ike-ray report {run.uri}",
        soft_wrap=True,
        markup=False,
    )
