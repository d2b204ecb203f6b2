"""Fill a run's folder: the engine carries the videos that are missing, and their rows are packed into parts."""

import threading
from collections.abc import Sequence
from typing import TypeVar

from ike_ray.corpus.filling_job import FillingJob
from ike_ray.engine.job import Job
from ike_ray.engine.pool import Show, carry, show_nothing
from ike_ray.records import VideoRef
from ike_ray.run.folder import RunFolder, list_missing
from ike_ray.run.lease import hold_run
from ike_ray.run.parts import drop_outcomes, pack_inbox
from ike_ray.storage.faults import keep_trying

_Config = TypeVar("_Config")
# What is done appears in the run's Parquet parts about this often.
_PACK_EVERY_S = 60.0


def fill_run(
    job: FillingJob[_Config],
    refs: Sequence[VideoRef],
    run: RunFolder,
    config: _Config,
    *,
    retry_failed: bool = False,
    show: Show = show_nothing,
) -> None:
    """Carry a job through the videos that have no outcome yet, or with `retry_failed` none that is `ok`.

        missing refs -> engine -> outcome rows in the inbox of `run` -> report
                                  `-> parts, from a thread, every minute and at the end

    `show` takes the number of missing videos and yields `report`, which is called with the `PROGRESS_COLUMNS` of each
    outcome once it is written. Raises `ConfigError` before any work if what the settings name cannot be used, if resources
    are not there, or if another process holds the run. Raises `TransientError` if the run could not be written for
    `workers.patience_s`.
    """
    config = job.locate_files(config)
    job.check(config)
    carry_missing(refs, run, job.build(run, config), retry_failed=retry_failed, show=show)


def carry_missing(
    refs: Sequence[VideoRef], run: RunFolder, job: Job, *, retry_failed: bool = False, show: Show = show_nothing
) -> None:
    """Do what `fill_run` does with a job that is built."""
    one_at_a_time = threading.Lock()  # parts are written by the thread of upkeep and by this one
    patience_s = job.workers.patience_s

    def pack() -> None:
        with one_at_a_time:
            pack_inbox(run)

    def drop() -> None:
        with one_at_a_time:
            drop_outcomes(run, ["failed", "skipped"])

    with hold_run(run, patience_s=patience_s, upkeep=pack, upkeep_every_s=_PACK_EVERY_S) as hold:
        keep_trying(drop if retry_failed else pack, patience_s)
        missing = keep_trying(lambda: list_missing(run, refs), patience_s)
        with show(len(missing)) as report:
            for outcome in carry(missing, job):
                hold.check()
                report(outcome)
        keep_trying(pack, patience_s)
