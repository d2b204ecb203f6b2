"""A corpus carried through a method: every video of a list to its outcome row, over a pool of actors."""

import itertools
import json
import logging
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, cast

import pyarrow as pa
import ray.data
from ray.data import ActorPoolStrategy, DataContext, TaskPoolStrategy

from ike_ray.config import WorkersConfig
from ike_ray.corpus.cluster import plan_num_workers, use_ray
from ike_ray.corpus.method import GroupMethod, Method, read_group_size
from ike_ray.corpus.worker import STOP, Worker, build_group
from ike_ray.errors import ConfigError, TransientError
from ike_ray.records import VideoRef
from ike_ray.storage.faults import keep_trying
from ike_ray.storage.lease import hold_run
from ike_ray.storage.missing import list_missing
from ike_ray.storage.parts import drop_outcomes, pack_inbox
from ike_ray.storage.run_folder import RunFolder

logger = logging.getLogger(__name__)

Report = Callable[[dict[str, Any]], None]
Show = Callable[[int], AbstractContextManager[Report]]

# Rows of the manifest in one block of Ray's object store, from which single rows are handed out.
_ROWS_A_BLOCK = 1000
# A corpus goes in rounds, each a Ray Data execution of its own, since an execution keeps 6 to 9 kB of the driver's memory for
# each row until it ends. Between two rounds workers wait for the slowest and start again, so a round has 20,000 videos or
# 100 a worker, whichever is more.
_ROWS_A_ROUND = 20_000
_ROWS_A_WORKER = 100
# Groups that each worker takes at least, smaller ones then: so that all end at about the same time.
_GROUPS_A_WORKER = 4
# What is done appears in the run's Parquet parts about this often.
_PACK_EVERY_S = 60.0


def show_nothing(num_missing: int) -> AbstractContextManager[Report]:
    """A `show` for callers who want no progress."""
    return nullcontext(lambda outcome: None)


def carry_corpus(
    refs: Sequence[VideoRef],
    run: RunFolder,
    method: Method | GroupMethod,
    config: WorkersConfig,
    *,
    retry_failed: bool = False,
    show: Show = show_nothing,
) -> None:
    """Carries a method through the videos that have no outcome yet, or with `retry_failed` none that is `ok`.

        missing refs -> groups, one a block -> actor pool: Worker -> outcome rows in the inbox of `run` -> report
                                                                     `-> parts, from a thread, every minute and at the end

    A group is one video, or as many as a `GroupMethod` says, fewer where workers would have few groups.

    `show` takes the number of missing videos and yields `report`, which is called with the `PROGRESS_COLUMNS` of each
    outcome once it is written. Uses the Ray that is running, connects to the cluster that the environment names, or starts
    Ray on this machine. Raises `ConfigError` before any work where resources are not there or another process holds the
    run, and `TransientError` where RUN could not be written for `config.patience_s`.
    """
    one_at_a_time = threading.Lock()  # parts are written by the thread of upkeep and by this one

    def pack() -> None:
        with one_at_a_time:
            logger.debug("%d videos moved into parts", pack_inbox(run))

    def drop() -> None:
        with one_at_a_time:
            drop_outcomes(run, ["failed", "skipped"])

    with hold_run(run, patience_s=config.patience_s, upkeep=pack, upkeep_every_s=_PACK_EVERY_S):
        keep_trying(drop if retry_failed else pack, config.patience_s)
        missing = keep_trying(lambda: list_missing(run, refs), config.patience_s)
        with show(len(missing)) as report:
            for outcome in _list_outcomes(missing, run, method, config) if missing else ():
                report(outcome)
        keep_trying(pack, config.patience_s)


def _list_outcomes(
    refs: Sequence[VideoRef], run: RunFolder, method: Method | GroupMethod, config: WorkersConfig
) -> Iterator[dict[str, Any]]:
    with use_ray("the job", what_next="what is done is kept, the same command continues"):
        num_workers = plan_num_workers(config, len(refs))
        logger.info("%d videos over %d workers of %d CPUs", len(refs), num_workers, config.num_cpus)
        rows_a_round = max(_ROWS_A_ROUND, _ROWS_A_WORKER * num_workers)
        for start in range(0, len(refs), rows_a_round):
            yield from _list_round(refs[start : start + rows_a_round], run, method, config, num_workers)


def _list_round(
    refs: Sequence[VideoRef], run: RunFolder, method: Method | GroupMethod, config: WorkersConfig, num_workers: int
) -> Iterator[dict[str, Any]]:
    group_size = min(read_group_size(method), math.ceil(len(refs) / (_GROUPS_A_WORKER * num_workers)))
    outcomes = _build_rows(refs, group_size).map(
        Worker,  # type: ignore[arg-type]  # the stubs know functions only
        fn_constructor_kwargs={"run": run, "method": method, "config": config},
        # One task in flight: a video that waits in a busy worker's queue would leave another worker idle at the end.
        compute=ActorPoolStrategy(size=min(num_workers, len(refs)), max_tasks_in_flight_per_actor=1),
        num_cpus=config.num_cpus,
        num_gpus=config.num_gpus,
    )
    # Without prefetching, which would hold an outcome back until the next one is there.
    for batch in outcomes.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0):
        yield from _read_outcomes(cast(pa.Table, batch))


def _build_rows(refs: Sequence[VideoRef], group_size: int) -> ray.data.Dataset:
    """The videos as blocks of one group, handed out as workers need them.

    One group a block, since a block is what Ray does again when a worker dies. The blocks are cut by a task that asks for no
    CPU, which the workers have all taken, from a few large ones: a block for each group from the start would cost the driver
    3.5 kB of memory and a millisecond a group.
    """
    groups = [build_group(refs[start : start + group_size]) for start in range(0, len(refs), group_size)]
    tables = [pa.table({"group": groups[start : start + _ROWS_A_BLOCK]}) for start in range(0, len(groups), _ROWS_A_BLOCK)]
    DataContext.get_current().target_max_block_size = 1  # bytes: any row fills a block
    return ray.data.from_arrow(tables).map_batches(
        lambda batch: batch, batch_size=None, batch_format="pyarrow", num_cpus=0, compute=TaskPoolStrategy(size=1)
    )


def _read_outcomes(table: pa.Table) -> Iterator[dict[str, Any]]:
    """The rows of a batch. Raises what made a worker stop the run."""
    for row in itertools.chain.from_iterable(json.loads(text) for text in table["outcomes"].to_pylist()):
        if row["status"] == STOP:
            kind = TransientError if row["error_type"] == TransientError.__name__ else ConfigError
            raise kind(row["error_message"])
        yield row
