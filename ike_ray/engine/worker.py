"""What one actor of the pool does with a group of items: tries, and in the end exactly one outcome row for each."""

import functools
import logging
import os
import pickle
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar

from ike_ray.engine.cluster import build_limits
from ike_ray.engine.job import PROGRESS_COLUMNS, Ending, Item, Job
from ike_ray.engine.messages import Done, Retry, Stop, describe_error, hide_in_error
from ike_ray.engine.metrics import count_outcome
from ike_ray.engine.supervisor import Supervisor
from ike_ray.errors import IkeRayError, LostError, RunError, TransientError, WorkerError
from ike_ray.run.attempts import Attempts, read_attempts, remove_attempts, write_attempts
from ike_ray.storage.faults import keep_trying

logger = logging.getLogger(__name__)

# This many small files are read or written at once. A remote storage answers each in some tens of milliseconds.
_CONNECTIONS = 16
_Input = TypeVar("_Input")
_Value = TypeVar("_Value")
_Tried = tuple[Any, Attempts]  # an item and its tries so far


class Worker:
    """Takes one group a call. Column read: group, a pickled list of items. Column returned: outcomes, pickled: see `take`."""

    def __init__(self, job: Job) -> None:
        config = job.workers
        self._outcomes, self._config, self._nouns = job.outcomes, config, job.nouns
        self._supervisor = Supervisor(job, build_limits(config))
        self._keep_trying = functools.partial(keep_trying, patience_s=config.patience_s)
        self._name = f"{socket.gethostname()}, process {os.getpid()}"
        self._pool = ThreadPoolExecutor(_CONNECTIONS)
        self._is_run_seen = False

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Do what `take` does, as Ray Data calls it."""
        return {"outcomes": pickle.dumps(self.take(pickle.loads(row["group"])))}  # noqa: S301 # the driver pickled it

    def take(self, items: Sequence[Item]) -> list[dict[str, Any]] | Stop:
        """Bring each item to its outcome, whatever happens, and write that unless an earlier, lost worker has.

        Return the `PROGRESS_COLUMNS` of each. Return a `Stop` if items could not be brought to an outcome, since the run
        cannot be seen or written or the machine lacks what the job needs. Ray would hand an exception on without its class.
        """
        try:
            outcomes = self._bring_to_outcomes(items)
        except IkeRayError as error:
            return Stop(hide_in_error(error))
        for outcome in outcomes:
            count_outcome(outcome)
        return [{name: outcome[name] for name in PROGRESS_COLUMNS} for outcome in outcomes]

    def close(self) -> None:
        """End the worker's process. If the worker is killed instead, its process ends by itself."""
        self._supervisor.close()

    def _bring_to_outcomes(self, items: Sequence[Item]) -> list[dict[str, Any]]:
        if not self._is_run_seen:
            self._keep_trying(self._outcomes.check_is_seen)
            self._is_run_seen = True
        run = self._outcomes.run
        tried = list(zip(items, self._map(lambda item: read_attempts(run, item.video_id), items), strict=True))
        outcomes = {row["video_id"]: row for row in self._map(self._read_outcome, tried) if row}
        missing = [pair for pair in tried if pair[0].video_id not in outcomes]
        fresh = [pair for pair in missing if pair[1].num_tries == 0]
        alone = [pair for pair in missing if pair[1].num_tries > 0]
        if len(fresh) > 1:
            done, fresh = self._work_together(fresh)
            outcomes |= done
        for item, attempts in fresh + alone:
            outcomes[item.video_id] = self._work(item, attempts)
            self._write([outcomes[item.video_id]])
        self._map(lambda item: remove_attempts(run, item.video_id), items)
        return [outcomes[item.video_id] for item in items]

    def _map(self, function: Callable[[_Input], _Value], inputs: Sequence[_Input]) -> list[_Value]:
        """Return what `function` returns for each input, over several connections if there are several inputs."""
        calls = [functools.partial(self._keep_trying, functools.partial(function, value)) for value in inputs]
        return [call() for call in calls] if len(calls) < 2 else list(self._pool.map(lambda call: call(), calls))

    def _read_outcome(self, tried: _Tried) -> dict[str, Any] | None:
        """Return the outcome that a lost worker may have written."""
        item, attempts = tried
        return self._outcomes.read(item) if attempts.num_tries else None

    def _write(self, rows: list[dict[str, Any]]) -> None:
        self._keep_trying(functools.partial(self._outcomes.write, rows))

    def _work_together(self, fresh: Sequence[_Tried]) -> tuple[dict[str, dict[str, Any]], list[_Tried]]:
        """Try several items as a group. Return the outcomes of those that the job answered, and the others with their tries.

        The outcomes are written. If the process dies, it is not known which item was at fault. The try then counts, but as
        no item's failure.
        """
        started_s, run = time.monotonic(), self._outcomes.run
        self._map(lambda pair: write_attempts(run, replace(pair[1], worker=self._name)), fresh)
        try:
            answers = self._supervisor.run([item for item, _ in fresh])
        except LostError:
            return {}, [(item, replace(attempts, num_losses=attempts.num_losses + 1)) for item, attempts in fresh]
        except WorkerError as error:
            text = "the process of a group of %d %s is gone, they are tried one by one: %s"
            logger.warning(text, len(fresh), self._nouns, error)
            answers = None
        if answers is None:
            return {}, [(item, replace(attempts, num_shared=attempts.num_shared + 1)) for item, attempts in fresh]
        share_s = (time.monotonic() - started_s) / len(fresh)
        done: dict[str, dict[str, Any]] = {}
        undone: list[_Tried] = []
        for (item, attempts), answer in zip(fresh, answers, strict=True):
            match answer:
                case Retry():
                    undone.append((item, attempts))
                case Done(columns):
                    done[item.video_id] = self._build_row(item, attempts, share_s, columns)
        self._write(list(done.values()))
        return done, undone

    def _work(self, item: Item, attempts: Attempts) -> dict[str, Any]:
        """Try one item until the job answers or the tries are used up. Return the outcome row."""
        started_s = time.monotonic()
        columns: dict[str, Any] | None = None
        while columns is None and not self._is_given_up(attempts):
            attempts = replace(attempts, worker=self._name)
            self._keep_trying(functools.partial(write_attempts, self._outcomes.run, attempts))
            try:
                columns = self._keep_trying(functools.partial(self._ask, item))
            except LostError:
                attempts = replace(attempts, num_losses=attempts.num_losses + 1)
            except WorkerError as error:
                attempts = replace(attempts, failures=(*attempts.failures, f"{type(error).__name__}: {error}"))
            except RunError:
                raise  # it stops the run
            except TransientError as error:
                columns = describe_error("failed", TransientError.__name__, str(error))
        return self._build_row(item, attempts, time.monotonic() - started_s, columns)

    def _ask(self, item: Item) -> dict[str, Any]:
        answers = self._supervisor.run([item])
        assert answers is not None  # only a group can be split
        match answers[0]:
            case Retry(error):
                raise error
            case Done(columns):
                return columns

    def _build_row(self, item: Item, attempts: Attempts, elapsed_s: float, columns: dict[str, Any] | None) -> dict[str, Any]:
        ending = Ending(
            columns=columns or _describe_end(attempts),
            tries=attempts.num_tries + (columns is not None),
            losses=attempts.num_losses,
            elapsed_s=elapsed_s,
        )
        return self._outcomes.build(item, ending)

    def _is_given_up(self, attempts: Attempts) -> bool:
        return len(attempts.failures) >= self._config.max_tries or attempts.num_losses >= self._config.max_losses


def _describe_end(attempts: Attempts) -> dict[str, Any]:
    """Return the columns of an item that has used up its tries: the last failure, or that workers kept being lost."""
    if attempts.failures:
        error_type, _, message = attempts.failures[-1].partition(": ")
    else:
        error_type = LostError.__name__
        message = "its workers were killed from outside, or with their machines. Look at the cluster, then use --retry-failed"
    return describe_error("failed", error_type, f"{message} (given up after {attempts.num_tries} tries)")
