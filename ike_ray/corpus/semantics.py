"""Names for the regions of a run: descriptors over a pool of actors, then clusters, labels in the rows, contact sheets."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from ike_ray.config import SemanticsConfig
from ike_ray.corpus.describe import DescribeJob
from ike_ray.corpus.sheets import write_sheets
from ike_ray.engine.cluster import use_ray
from ike_ray.engine.pool import Show, carry, show_nothing
from ike_ray.run.clusters import (
    CLUSTER_SCHEMA,
    LABEL_SCHEMA,
    name_cluster,
    read_clusters,
    read_names,
    read_summary,
    write_names,
    write_summary,
)
from ike_ray.run.descriptors import drop_failed, list_descriptor_files, read_described, read_descriptors
from ike_ray.run.folder import RunFolder
from ike_ray.run.labels import write_labels
from ike_ray.run.lease import hold_run
from ike_ray.run.parts import pack_inbox
from ike_ray.run.segmented import MaskedVideo, list_masked
from ike_ray.run.tables import write_groups, write_table
from ike_ray.semantics.clusters import Clusters, carry_names, cluster_batches
from ike_ray.semantics.describe import build_describer, build_digest, build_settings_text
from ike_ray.semantics.sheet import NearestKeeper, NearRegion
from ike_ray.settings import config_values
from ike_ray.storage.faults import keep_trying
from ike_ray.storage.files import read_path, remove_files
from ike_ray.version import __version__

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class _Job:
    run: RunFolder
    config: SemanticsConfig
    digest: str  # the digest of the descriptors
    moved: Mapping[str, str]
    say: Say


def name_regions(
    run: RunFolder,
    config: SemanticsConfig,
    *,
    names: Mapping[int, str] | None = None,
    moved: Mapping[str, str] | None = None,
    retry_failed: bool = False,
    show: Show = show_nothing,
    say: Say = lambda what: None,
) -> dict[str, Any]:
    """Give each region of a run the label of its cluster, and return what `summary.json` says.

        frame rows -> describe -> RUN/descriptors -> cluster, seed by seed -> RUN/semantics -> labels in frame rows, sheets

    Descriptors that are there under the same settings are not made again, but clusters, labels and sheets are. `names` by
    label go before those that the run has. A name of the run stays with the cluster whose centre is nearest. `moved` has the
    places of videos that are no longer where they were. `say` is told what is being done. The run is held, so that no other
    job writes to it. Raises `ConfigError` if another job holds it, if resources or the model are not there, or if there are
    fewer regions than clusters. Raises `TransientError` if a storage does not answer for `workers.patience_s`.
    """
    patience_s = config.workers.patience_s
    run, config = replace(run, patience_s=patience_s), _locate_model(config)
    settings_text = build_settings_text(run.digest, config.descriptors)
    job = _Job(run=run, config=config, digest=build_digest(settings_text), moved=moved or {}, say=say)
    describing = DescribeJob(run=run, config=config, digest=job.digest, settings_text=settings_text)
    with hold_run(run, patience_s=patience_s, upkeep=lambda: None, upkeep_every_s=np.inf) as hold:
        keep_trying(lambda: pack_inbox(run), patience_s)
        if retry_failed:
            drop_failed(run, job.digest)
        missing = _list_missing(job)
        if missing:
            build_describer(config.descriptors, torch.device("cpu"))  # a bad model is found here, not in every worker
        with use_ray("the job", what_next="what is done is kept, the same command continues"):
            with show(len(missing)) as report:
                for outcome in carry(missing, describing):
                    hold.check()
                    report(outcome)
            uris = list_descriptor_files(run, job.digest)
            clusters = cluster_batches(lambda: (rows for _, rows in read_descriptors(uris)), config.clusters, report=say)
            return _write_clusters(job, clusters, uris, names or {})


def _list_missing(job: _Job) -> list[MaskedVideo]:
    """Return the videos that are not yet described, from the places in `moved` if they have moved."""
    described = read_described(job.run, job.digest)
    missing = [video for video in list_masked(job.run) if video.video_id not in described]
    return [replace(video, uri=job.moved.get(video.video_id, video.uri)) for video in missing]


def _locate_model(config: SemanticsConfig) -> SemanticsConfig:
    """Return the settings with the absolute path of a model's folder, as a worker's folder is not the caller's."""
    model = config.descriptors.model
    if model is None or not Path(model).is_dir():
        return config
    return replace(config, descriptors=replace(config.descriptors, model=read_path(model)))


def _write_clusters(job: _Job, clusters: Clusters, uris: list[str], names: Mapping[int, str]) -> dict[str, Any]:
    """Write everything but the descriptors. `summary.json`, which says that the rest is there, goes first and returns
    last."""
    run, chosen_seed = job.run, clusters.seeds[clusters.chosen]
    carried = _carry_names(job, clusters)
    remove_files([run.file("semantics", "summary.json")])
    keepers = [NearestKeeper(size=job.config.sheets.num_regions) for _ in clusters.list_sorted()]
    videos: list[set[str]] = [set() for _ in keepers]
    tables = _list_label_tables(clusters, uris, keepers, videos)
    write_groups(run.file("semantics", "labels.parquet"), tables, LABEL_SCHEMA)
    write_table(run.file("semantics", "clusters.parquet"), _list_cluster_rows(clusters, videos), CLUSTER_SCHEMA)
    job.say("writing labels into the frame rows")
    write_labels(run, chosen_seed, report=lambda part: job.say(f"labels are in frames/{part}"))
    nearest = [keeper.list_nearest() for keeper in keepers]
    write_sheets(run, nearest, job.config, job.moved, say=job.say)
    every = {label: name_cluster(label) for label in range(1, len(keepers) + 1)}
    write_names(run, every | carried | {label: name for label, name in names.items() if label in every})
    summary = _build_summary(job, clusters, len(set().union(*videos)))
    write_summary(run, summary)
    return summary


def _carry_names(job: _Job, clusters: Clusters) -> dict[int, str]:
    """Return the names of clusters that are still there. There are none if descriptors are others or are reduced again."""
    before = read_summary(job.run)
    if before is None or before["descriptors"] != job.digest or clusters.projection is not None:
        return {}
    named = {label: name for label, name in read_names(job.run).items() if name != name_cluster(label)}
    centres = np.array(read_clusters(job.run)["centre"].to_pylist(), np.float32).reshape(before["clusters"], -1)
    return carry_names(named, centres, clusters.centres[clusters.chosen][clusters.list_sorted()])


def _list_label_tables(
    clusters: Clusters, uris: list[str], keepers: list[NearestKeeper], videos: list[set[str]]
) -> Iterator[pa.Table]:
    """Yield the rows of labels.parquet, for one file of descriptors at a time.

    On the way it fills the keepers and the sets of videos that have a cluster, label 1 first.
    """
    for table, descriptors in read_descriptors(uris):
        found, squares = clusters.find_clusters(descriptors)
        labels = np.stack([own[numbers] for own, numbers in zip(clusters.labels, found, strict=True)])
        ids = [table[name].to_pylist() for name in ("video_id", "frame_index", "number")]
        own_labels, own_squares = labels[clusters.chosen], squares[clusters.chosen]
        limits = np.array([keeper.limit for keeper in keepers])
        for position, (video_id, frame_index, number) in enumerate(zip(*ids, strict=True)):
            place, square = int(own_labels[position]) - 1, float(own_squares[position])
            videos[place].add(video_id)
            if square < limits[place]:
                keepers[place].add(NearRegion(square=square, video_id=video_id, frame_index=frame_index, number=number))
        num_seeds = len(clusters.seeds)
        columns = [np.repeat(np.array(values, object), num_seeds) for values in ids]
        seeds = np.tile(np.array(clusters.seeds, np.int32), len(ids[0]))
        yield pa.table([*(pa.array(list(c)) for c in columns), seeds, labels.T.ravel()], names=LABEL_SCHEMA.names).cast(
            LABEL_SCHEMA
        )


def _list_cluster_rows(clusters: Clusters, videos: list[set[str]]) -> list[dict[str, Any]]:
    """Return the rows of clusters.parquet."""
    sizes, distances = clusters.sizes[clusters.chosen], clusters.distances[clusters.chosen]
    return [
        {
            "label": label,
            "regions": int(sizes[number]),
            "videos": len(videos[label - 1]),
            "spread": float(distances[number] / sizes[number]),
            "centre": clusters.centres[clusters.chosen][number].tolist(),
        }
        for label, number in enumerate(clusters.list_sorted(), start=1)
    ]


def _build_summary(job: _Job, clusters: Clusters, num_videos: int) -> dict[str, Any]:
    agreement = clusters.describe_agreement()
    described = read_described(job.run, job.digest)
    return {
        "version": __version__,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "settings": config_values(job.config),
        "descriptors": job.digest,
        "clusters": len(clusters.list_sorted()),
        "regions": int(clusters.sizes[clusters.chosen].sum()),
        "videos": num_videos,
        "failed": sum(error is not None for error in described.values()),
        "seed": clusters.seeds[clusters.chosen],
        "seeds": [
            {"seed": seed, "clusters": int((sizes > 0).sum()), "inertia": float(distances.sum())}
            for seed, sizes, distances in zip(clusters.seeds, clusters.sizes, clusters.distances, strict=True)
        ],
        "agreement_mean": agreement[0] if agreement else None,
        "agreement_deviation": agreement[1] if agreement else None,
    }
