"""The corpus job: every video of a list to its outcome row, over a pool of actors."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any, cast

import pyarrow as pa
import ray
import ray.data
import torch
from ray.data import ActorPoolStrategy

from ike_ray.config import Config
from ike_ray.corpus.cluster import plan_num_workers, quieten_ray_data, start_ray
from ike_ray.corpus.worker import SegmentWorker
from ike_ray.flow.estimate import build_flow_estimator
from ike_ray.records import VideoRef
from ike_ray.storage.files import read_path
from ike_ray.storage.run_folder import RunFolder

logger = logging.getLogger(__name__)


def segment_corpus(
    refs: Sequence[VideoRef], run: RunFolder, config: Config, *, report: Callable[[dict[str, Any]], None]
) -> None:
    """Segments the videos, calling `report` with the `PROGRESS_COLUMNS` of each outcome as soon as it is written.

        refs -> one block a video -> actor pool: SegmentWorker -> outcome rows in `run` -> report

    Uses the Ray that is running, connects to the cluster that the environment names, or starts Ray on this machine. Raises
    `ConfigError` before any work where the settings ask for weights or resources that are not there.
    """
    config = _locate_files(config)
    build_flow_estimator(config.flow, torch.device("cpu"))  # bad weights are found here, not in every actor
    is_ours = not ray.is_initialized()
    if is_ours:
        start_ray()
    try:
        quieten_ray_data()
        num_workers = plan_num_workers(config.workers, len(refs))
        logger.info("%d videos over %d workers of %d CPUs", len(refs), num_workers, config.workers.num_cpus)
        outcomes = ray.data.from_items([asdict(ref) for ref in refs], override_num_blocks=len(refs)).map(
            SegmentWorker,  # type: ignore[arg-type]  # the stubs know functions only
            fn_constructor_kwargs={"run": run, "config": config},
            # One task in flight: a video that waits in a busy worker's queue would leave another worker idle at the end.
            compute=ActorPoolStrategy(size=num_workers, max_tasks_in_flight_per_actor=1),
            num_cpus=config.workers.num_cpus,
            num_gpus=config.workers.num_gpus,
        )
        # Without prefetching, which would hold an outcome back until the next one is there.
        for batch in outcomes.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0):
            for outcome in cast(pa.Table, batch).to_pylist():
                report(outcome)
    finally:
        if is_ours:
            ray.shutdown()


def _locate_files(config: Config) -> Config:
    """The settings with absolute paths: a worker's folder is not the caller's."""
    flow = config.flow
    weights, folder = (read_path(uri) if uri else None for uri in (flow.weights, flow.folder))
    return replace(config, flow=replace(flow, weights=weights, folder=folder))
