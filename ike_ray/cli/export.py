"""`ike-ray export`: masks in the forms that other tools take."""

from collections import Counter
from fnmatch import fnmatchcase
from typing import Annotated

import typer

from ike_ray.cli.console import open_console
from ike_ray.cli.progress import show_progress
from ike_ray.errors import ConfigError, InputError
from ike_ray.export.formats import ExportFormat, write_export
from ike_ray.run.description import open_run
from ike_ray.run.folder import RunFolder
from ike_ray.run.reviews import list_accepted
from ike_ray.run.segmented import list_segmented
from ike_ray.storage.files import read_path
from ike_ray.video.manifest import list_videos

_NUM_SHOWN = 5  # a message shows this many ids


def export(
    source: Annotated[str, typer.Argument(metavar="RUN", help="A run folder, local or s3://, finished or growing.")],
    to: Annotated[
        ExportFormat,
        typer.Option(
            "--to",
            help="davis, davis2016: trees of masks for these evaluations. coco, ytvis: one JSON. png: plain masks. mp4: "
            "overlays. cutout: the object alone, MOV with alpha. fiftyone: a folder to import. cvat: an archive a video.",
        ),
    ],
    out: Annotated[str, typer.Option("--out", help="A new file for coco and ytvis, else a folder, new or to be continued.")],
    pattern: Annotated[
        str, typer.Option("--videos", metavar="PATTERN", help="Only videos whose ids match this pattern, in quotes: 'dog*'.")
    ] = "*",
    is_reviewed: Annotated[
        bool, typer.Option("--reviewed", help="Only videos whose masks a person accepted: see `ike-ray review`.")
    ] = False,
    place: Annotated[
        str | None,
        typer.Option("--input", metavar="INPUT", help="Where the videos are now, if they moved: INPUT of `ike-ray segment`."),
    ] = None,
) -> None:
    """Write the masks of RUN in the form that another tool takes.

    The same command again does only what is missing, where the target is a folder. docs/howto/export.md shows each format.
    """
    run = open_run(read_path(source))
    target = read_path(out)
    accepted = list_accepted(run) if is_reviewed else None
    video_ids = _choose_videos(run, pattern, accepted)
    moved = {ref.video_id: ref.uri for ref in list_videos(place)} if place else {}
    console = open_console()
    with show_progress(len(video_ids), console) as progress:
        write_export(run, to, target, video_ids=video_ids, moved=moved, accepted=accepted, report=progress.report)
    console.print(f"Wrote {progress.counts['ok']} videos as {to} to {target}.", soft_wrap=True)
    if is_reviewed:
        console.print("These are the videos whose masks a person accepted, and no others.")
    others = _describe_others(run, pattern)
    if others:
        console.print(f"Not in it, since they have no masks: {others}. See ike-ray status {run.uri}", soft_wrap=True)
    if progress.counts["failed"]:
        console.print(f"{progress.counts['failed']} videos could not be exported, for the reasons above.")
        raise typer.Exit(1)


def _choose_videos(run: RunFolder, pattern: str, accepted: set[str] | None) -> list[str]:
    """Return the ids of the videos that have masks, are accepted unless that is None, and match.

    Raises `InputError` if none has masks, and `ConfigError` if none matches.
    """
    found = list_segmented(run)
    if not found:
        raise InputError(f"{run.uri} has no video with masks: expected some that are ok. See ike-ray status {run.uri}")
    if accepted is not None:
        found = [video_id for video_id in found if video_id in accepted]
    chosen = [video_id for video_id in found if fnmatchcase(video_id, pattern)]
    if not chosen:
        shown = ", ".join(found[:_NUM_SHOWN]) + (", ..." if len(found) > _NUM_SHOWN else "")
        kind = "with masks" if accepted is None else "that a person accepted"
        raise ConfigError(f"no video of {run.uri} {kind} matches {pattern!r}. Their ids are {shown}")
    return chosen


def _describe_others(run: RunFolder, pattern: str) -> str:
    """Return how many matching videos failed or were skipped, such as `2 failed, 1 skipped`. It is empty for none."""
    outcomes = run.read_outcomes(["video_id", "status"]).to_pylist()
    counts = Counter(outcome["status"] for outcome in outcomes if fnmatchcase(outcome["video_id"], pattern))
    return ", ".join(f"{counts[status]} {status}" for status in ("failed", "skipped") if counts[status])
