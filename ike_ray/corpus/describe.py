"""Descriptors of all regions of a run, over a pool of actors."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc
import ray
import ray.data
from ray.data import ActorPoolStrategy, DataContext

from ike_ray.config import SemanticsConfig
from ike_ray.corpus.carry import Show
from ike_ray.corpus.cluster import plan_num_workers
from ike_ray.corpus.describe_worker import DescribeWorker
from ike_ray.corpus.worker import STOP
from ike_ray.errors import ConfigError, TransientError
from ike_ray.storage.run_folder import RunFolder
from ike_ray.storage.tables import OUTCOME_SCHEMA, list_tables, read_table

logger = logging.getLogger(__name__)

# Frames of one file of descriptors: a worker holds so many frames' descriptors, and loses them if it dies. A small corpus
# goes in smaller groups, so that there is one for every worker of a machine.
_MOST_FRAMES, _LEAST_FRAMES, _LEAST_GROUPS = 256, 16, 64
_COLUMNS = ("video_id", "uri", "height", "width", "fps", "confidence")
_VIDEO = pa.struct([pa.field(name, OUTCOME_SCHEMA.field(name).type) for name in _COLUMNS])
_GROUP_SCHEMA = pa.schema([("part", pa.string()), ("videos", pa.list_(_VIDEO))])

Group = dict[str, Any]  # part: URI of frame rows; videos: some of its videos, their `_COLUMNS`


def describe_corpus(groups: Sequence[Group], run: RunFolder, config: SemanticsConfig, *, show: Show) -> None:
    """Writes the descriptors of the regions of these videos to RUN/descriptors.

        groups of videos, one a block -> actor pool: DescribeWorker -> a Parquet file a group -> report of each video

    Pixels are read where they are described. Uses the Ray that is running, connects to the cluster that the environment
    names, or starts Ray on this machine. Raises `ConfigError` where resources or the model are not there, `TransientError`
    where RUN or pictures could not be reached for `workers.patience_s`.
    """
    with show(sum(len(group["videos"]) for group in groups)) as report:
        for outcome in _list_outcomes(groups, run, config) if groups else ():
            report(outcome)


def list_groups(run: RunFolder, described: Mapping[str, str | None], moved: Mapping[str, str]) -> list[Group]:
    """The videos of the run's parts that have masks and are not yet described, in groups, from the places in `moved` where
    they have moved. They go by the corpus alone, not by the machines."""
    done = pa.array(sorted(described), pa.string())
    schema = pa.schema([OUTCOME_SCHEMA.field(name) for name in (*_COLUMNS, "status", "frames")])
    parts: list[tuple[str, list[dict[str, Any]]]] = []
    for uri in list_tables(run.file("outcomes")):
        outcomes = read_table(uri, schema)
        chosen = outcomes.filter(
            pc.and_(pc.equal(outcomes["status"], "ok"), pc.invert(pc.is_in(outcomes["video_id"], value_set=done)))
        )
        parts.append((run.file("frames", PurePosixPath(uri).name), chosen.drop_columns(["status"]).to_pylist()))
    total = sum(video["frames"] for _, videos in parts for video in videos)
    most = max(_LEAST_FRAMES, min(_MOST_FRAMES, total // _LEAST_GROUPS))
    return [group for part, videos in parts for group in _split(part, videos, most, moved)]


def _split(part: str, videos: Sequence[dict[str, Any]], most: int, moved: Mapping[str, str]) -> Iterator[Group]:
    """Neighbouring videos that have enough frames together for one group."""
    group: list[dict[str, Any]] = []
    num_frames = 0
    for video in videos:
        num_frames += video["frames"]
        values = {name: video[name] for name in _COLUMNS}
        group.append(values | {"uri": moved.get(video["video_id"], video["uri"])})
        if num_frames >= most:
            yield {"part": part, "videos": group}
            group, num_frames = [], 0
    if group:
        yield {"part": part, "videos": group}


def _list_outcomes(groups: Sequence[Group], run: RunFolder, config: SemanticsConfig) -> Iterator[dict[str, Any]]:
    num_workers = plan_num_workers(config.workers, len(groups))
    logger.info("%d groups of videos over %d workers", len(groups), num_workers)
    DataContext.get_current().target_max_block_size = 1  # bytes: any row fills a block, which is what is done again
    rows = ray.data.from_arrow([pa.Table.from_pylist([group], schema=_GROUP_SCHEMA) for group in groups])
    outcomes = rows.flat_map(
        DescribeWorker,
        fn_constructor_kwargs={"run": run, "config": config},
        compute=ActorPoolStrategy(size=num_workers, max_tasks_in_flight_per_actor=1),
        num_cpus=config.workers.num_cpus,
        num_gpus=config.workers.num_gpus,
    )
    for batch in outcomes.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0):
        yield from _read_outcomes(cast(pa.Table, batch))


def _read_outcomes(table: pa.Table) -> Iterator[dict[str, Any]]:
    """The rows of a batch. Raises what made a worker stop the run."""
    for row in table.to_pylist():
        if row["status"] == STOP:
            kind = TransientError if row["error_type"] == TransientError.__name__ else ConfigError
            raise kind(row["error_message"])
        yield row
