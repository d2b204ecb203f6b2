"""Contact sheets of clusters. Each is a task, and is drawn where the pictures are read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import ray

from ike_ray.config import SemanticsConfig
from ike_ray.run.clusters import sheet_file, sheet_names
from ike_ray.run.folder import RunFolder
from ike_ray.run.segmented import read_segmented
from ike_ray.semantics.sheet import NearRegion, render_sheet
from ike_ray.storage.files import list_folder, remove_files


def write_sheets(
    run: RunFolder,
    nearest: Sequence[Sequence[NearRegion]],
    config: SemanticsConfig,
    moved: Mapping[str, str],
    *,
    say: Callable[[str], None],
) -> None:
    """Write a sheet for each cluster's nearest regions, that of label 1 first, and remove sheets of clusters that are gone.

    Call it inside `use_ray`. `moved` has the places of videos that are no longer where they were.
    """
    kept = {sheet_file(run, label) for label in range(1, len(nearest) + 1)}
    remove_files([uri for uri in list_folder(run.file("semantics", "sheets")) if uri not in kept])
    task, shared = ray.remote(num_cpus=1)(_write_sheet), ray.put((run, config, dict(moved)))
    running = [task.remote(shared, label, list(regions)) for label, regions in enumerate(nearest, start=1)]
    try:
        while running:
            done, running = ray.wait(running)
            ray.get(done)
            say(f"{len(nearest) - len(running)} of {len(nearest)} contact sheets are drawn")
    finally:
        for left in running:  # some are left only if one of them failed
            ray.cancel(left)


def _write_sheet(shared: tuple[RunFolder, SemanticsConfig, dict[str, str]], label: int, regions: list[NearRegion]) -> None:
    run, config, moved = shared
    ids = {region.video_id for region in regions}
    videos = (replace(video, uri=moved.get(video.video_id, video.uri)) for video in read_segmented(run, ids))
    sheet = render_sheet(regions, videos, config.descriptors, config.sheets)
    run.write_file(sheet, *sheet_names(label))
