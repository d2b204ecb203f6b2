"""A job over a list of items on Ray. A pool of actors brings each item to its outcome."""

import logging
import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, cast

import pyarrow as pa
import ray.data
from ray.data import ActorPoolStrategy, DataContext, TaskPoolStrategy

from ike_ray.engine.cluster import PoolSize, plan_pool, use_ray
from ike_ray.engine.job import Item, Job
from ike_ray.engine.messages import Stop
from ike_ray.engine.worker import Worker

logger = logging.getLogger(__name__)

Report = Callable[[dict[str, Any]], None]
Show = Callable[[int], AbstractContextManager[Report]]

# One block of Ray's object store has this many groups, from which single groups are handed out.
_GROUPS_A_BLOCK = 1000
# A list goes in rounds, each a Ray Data execution of its own, since an execution keeps 6 to 40 kB of the driver's memory for
# each row until it ends (benchmarks/results/corpus.md). Between two rounds workers wait for the slowest and start again, so
# a round has 20,000 items or 100 a worker, whichever is more.
_ITEMS_A_ROUND = 20_000
_ITEMS_A_WORKER = 100


def show_nothing(num_missing: int) -> AbstractContextManager[Report]:
    """Return a `show` for callers who want no progress."""
    return nullcontext(lambda outcome: None)


def carry(items: Sequence[Item], job: Job) -> Iterator[dict[str, Any]]:
    """Carry a job through items that have no outcome yet, and yield the `PROGRESS_COLUMNS` of each as it is written.

        items -> groups, one a block -> actor pool: Worker -> outcome rows where `job.outcomes` puts them -> yielded

    The function uses the Ray that is running, connects to the cluster that the environment names, or starts Ray on this
    machine. It raises `ConfigError` before any work if resources are not there, and the error by which a worker stopped the
    run.
    """
    if not items:
        return
    with use_ray("the job", what_next="what is done is kept, the same command continues"):
        size = plan_pool(job.workers, len(items))
        logger.info("%d %s over %d workers of %d CPUs", len(items), job.nouns, size.least, job.workers.num_cpus)
        items_a_round = max(_ITEMS_A_ROUND, _ITEMS_A_WORKER * size.least)
        for start in range(0, len(items), items_a_round):
            yield from _carry_round(items[start : start + items_a_round], job, size)


def _carry_round(items: Sequence[Item], job: Job, size: PoolSize) -> Iterator[dict[str, Any]]:
    groups, config = job.list_groups(items, size.least), job.workers
    outcomes = _build_rows(groups).map(
        Worker,  # type: ignore[arg-type]  # the stubs know functions only
        fn_constructor_kwargs={"job": job},
        # One task in flight: a group that waits in a busy worker's queue would leave another worker idle at the end.
        compute=ActorPoolStrategy(
            min_size=min(size.least, len(groups)), max_size=min(size.most, len(groups)), max_tasks_in_flight_per_actor=1
        ),
        num_cpus=config.num_cpus,
        num_gpus=config.num_gpus,
        memory=None if config.memory_gb is None else config.memory_gb * 1e9,
    )
    # Prefetching is off, since it would hold an outcome back until the next one is there.
    for batch in outcomes.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0):
        for cell in cast(pa.Table, batch)["outcomes"].to_pylist():
            rows: list[dict[str, Any]] | Stop = pickle.loads(cell)  # noqa: S301 # a worker pickled it
            if isinstance(rows, Stop):
                raise rows.error
            yield from rows


def _build_rows(groups: Sequence[Sequence[Item]]) -> ray.data.Dataset:
    """Return the groups as blocks of one group, handed out as workers need them.

    A block is one group, since a block is what Ray does again when a worker dies. Blocks are cut from a few large ones, since
    a block for each group from the start would cost the driver 3.5 kB of memory and a millisecond a group. They are cut by a
    task that asks for no CPU, which the workers have all taken: `Dataset.repartition` asks for one and would wait for ever.
    """
    cells = [pickle.dumps(list(group)) for group in groups]
    tables = [
        pa.table({"group": pa.array(cells[start : start + _GROUPS_A_BLOCK], pa.binary())})
        for start in range(0, len(cells), _GROUPS_A_BLOCK)
    ]
    DataContext.get_current().target_max_block_size = 1  # bytes: any row fills a block
    return ray.data.from_arrow(tables).map_batches(
        lambda batch: batch, batch_size=None, batch_format="pyarrow", num_cpus=0, compute=TaskPoolStrategy(size=1)
    )
