"""What one actor of the pool does with a group of videos: tries, and in the end exactly one outcome row for each."""

import functools
import json
import logging
import os
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar

from ike_ray.config import WorkersConfig
from ike_ray.corpus.limits import build_limits
from ike_ray.corpus.method import GroupMethod, Method
from ike_ray.corpus.supervisor import Supervisor
from ike_ray.errors import ConfigError, IkeRayError, InputError, LostError, TransientError, WorkerError
from ike_ray.export.rows import build_outcome_row
from ike_ray.records import VideoRef
from ike_ray.storage.attempts import Attempts, read_attempts, remove_attempts, write_attempts
from ike_ray.storage.credentials import hide_credentials
from ike_ray.storage.faults import keep_trying
from ike_ray.storage.run_description import open_run
from ike_ray.storage.run_folder import RunFolder

logger = logging.getLogger(__name__)

# In the place of a status: the whole run has to stop.
STOP = "stop"
# What goes back to the driver of each outcome: numbers and words, no masks.
PROGRESS_COLUMNS = ("video_id", "uri", "status", "error_type", "error_message", "warning", "frames", "seconds")


# Small files that are read or written at once: a storage far away answers each in some tens of milliseconds.
_CONNECTIONS = 16

_Item = TypeVar("_Item")
_Value = TypeVar("_Value")


def build_group(refs: Sequence[VideoRef]) -> str:
    """The videos of a group as one cell of a table, which Ray hands on as it is."""
    return json.dumps([[ref.video_id, ref.uri] for ref in refs])


def read_group(text: str) -> list[VideoRef]:
    """The videos that `build_group` was given."""
    return [VideoRef(video_id=video_id, uri=uri) for video_id, uri in json.loads(text)]


class Worker:
    """Takes one group a call. Column read: group; returned: outcomes, a list of rows as JSON. See `take`."""

    def __init__(self, run: RunFolder, method: Method | GroupMethod, config: WorkersConfig) -> None:
        self._run, self._config = run, config
        self._supervisor = Supervisor(method, build_limits(config))
        self._keep_trying = functools.partial(keep_trying, patience_s=config.patience_s)
        self._name = f"{socket.gethostname()}, process {os.getpid()}"
        self._pool = ThreadPoolExecutor(_CONNECTIONS)
        self._is_run_seen = False

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """`take`, as Ray Data calls it."""
        return {"outcomes": json.dumps(self.take(read_group(row["group"])))}

    def take(self, refs: Sequence[VideoRef]) -> list[dict[str, Any]]:
        """Brings each video to its outcome, whatever happens, and writes that unless an earlier, lost worker has.

        Returns the `PROGRESS_COLUMNS` of each. Where videos could not be brought to one (RUN cannot be seen or written, the
        machine lacks what the method needs) a single row has the status `STOP` and its videos have no outcome: Ray would hand
        an exception on without its class.
        """
        try:
            outcomes = self._bring_to_outcomes(refs)
        except IkeRayError as error:
            stop = {"status": STOP, "error_type": type(error).__name__, "error_message": hide_credentials(str(error))}
            return [dict.fromkeys(PROGRESS_COLUMNS) | {"video_id": refs[0].video_id, "uri": refs[0].uri} | stop]
        return [{name: outcome[name] for name in PROGRESS_COLUMNS} for outcome in outcomes]

    def _bring_to_outcomes(self, refs: Sequence[VideoRef]) -> list[dict[str, Any]]:
        if not self._is_run_seen:
            self._keep_trying(functools.partial(_check_run_is_seen, self._run))
            self._is_run_seen = True
        attempts = self._map(lambda ref: read_attempts(self._run, ref.video_id), refs)
        outcomes = {row["video_id"]: row for row in self._map(self._read_outcome, attempts) if row}
        missing = [pair for pair in zip(refs, attempts, strict=True) if pair[0].video_id not in outcomes]
        fresh = [pair for pair in missing if pair[1].num_tries == 0]
        alone = [pair for pair in missing if pair[1].num_tries > 0]
        if len(fresh) > 1:
            done, undone = self._work_together(fresh)
            outcomes |= done
            fresh = undone
        for ref, own in fresh + alone:
            outcomes[ref.video_id] = self._work(ref, own)
            self._run.write_outcome(outcomes[ref.video_id])
        self._map(lambda ref: remove_attempts(self._run, ref.video_id), refs)
        return [outcomes[ref.video_id] for ref in refs]

    def _map(self, function: Callable[[_Item], _Value], items: Sequence[_Item]) -> list[_Value]:
        """What `function` returns for each, over several connections where there are several."""
        tries = [functools.partial(self._keep_trying, functools.partial(function, item)) for item in items]
        return [call() for call in tries] if len(tries) < 2 else list(self._pool.map(lambda call: call(), tries))

    def _read_outcome(self, attempts: Attempts) -> dict[str, Any] | None:
        """The outcome that a lost worker may have written."""
        return self._run.read_own_outcome(attempts.video_id) if attempts.num_tries else None

    def close(self) -> None:
        """Ends the worker's process. Where the worker is killed instead, its process ends by itself."""
        self._supervisor.close()

    def _work_together(
        self, fresh: Sequence[tuple[VideoRef, Attempts]]
    ) -> tuple[dict[str, dict[str, Any]], list[tuple[VideoRef, Attempts]]]:
        """One try of several videos as a group: the outcomes of those that the method answered, which are written, and the
        others with their attempts. Where the process dies nobody knows of whom: the try counts, and as nobody's failure."""
        started_s, refs = time.monotonic(), [ref for ref, _ in fresh]
        self._map(lambda pair: write_attempts(self._run, replace(pair[1], worker=self._name)), fresh)
        try:
            answers = self._supervisor.run(refs)
        except LostError:
            return {}, [(ref, replace(attempts, num_losses=attempts.num_losses + 1)) for ref, attempts in fresh]
        except WorkerError as error:
            logger.warning("the process of a group of %d is gone, its videos are tried one by one: %s", len(refs), error)
            answers = None
        if answers is None:
            return {}, [(ref, replace(attempts, num_shared=attempts.num_shared + 1)) for ref, attempts in fresh]
        share_s = (time.monotonic() - started_s) / len(refs)
        done, undone = {}, []
        for (ref, attempts), columns in zip(fresh, answers, strict=True):
            if isinstance(columns, TransientError):
                undone.append((ref, attempts))
            else:
                done[ref.video_id] = self._build_row(ref, attempts, share_s, columns)
        self._map(self._run.write_outcome, list(done.values()))
        return done, undone

    def _work(self, ref: VideoRef, attempts: Attempts) -> dict[str, Any]:
        """Tries one video until the method answers or the tries are used up; returns the outcome row."""
        started_s = time.monotonic()
        columns: dict[str, Any] | None = None
        while columns is None and not self._is_given_up(attempts):
            attempts = replace(attempts, worker=self._name)
            self._keep_trying(functools.partial(write_attempts, self._run, attempts))
            try:
                columns = self._keep_trying(functools.partial(self._ask, ref))
            except LostError:
                attempts = replace(attempts, num_losses=attempts.num_losses + 1)
            except WorkerError as error:
                attempts = replace(attempts, failures=(*attempts.failures, f"{type(error).__name__}: {error}"))
            except TransientError as error:
                columns = {"status": "failed", "error_type": "TransientError", "error_message": hide_credentials(str(error))}
        return self._build_row(ref, attempts, time.monotonic() - started_s, columns)

    def _ask(self, ref: VideoRef) -> dict[str, Any]:
        answers = self._supervisor.run([ref])
        assert answers is not None  # only a group can be split
        if isinstance(answers[0], TransientError):
            raise answers[0]
        return answers[0]

    def _build_row(
        self, ref: VideoRef, attempts: Attempts, elapsed_s: float, columns: dict[str, Any] | None
    ) -> dict[str, Any]:
        row = build_outcome_row(
            replace(ref, uri=hide_credentials(ref.uri)),
            device="cuda" if self._config.num_gpus > 0 else "cpu",
            digest=self._run.digest,
            tries=attempts.num_tries + (columns is not None),
            losses=attempts.num_losses,
            elapsed_s=elapsed_s,
        )
        return row | (columns or _describe_end(attempts))

    def _is_given_up(self, attempts: Attempts) -> bool:
        return len(attempts.failures) >= self._config.max_tries or attempts.num_losses >= self._config.max_losses


def _describe_end(attempts: Attempts) -> dict[str, Any]:
    """The columns of a video that has used up its tries: what the last failure was, or that workers kept being lost."""
    if attempts.failures:
        error_type, _, message = attempts.failures[-1].partition(": ")
    else:
        error_type = "LostError"
        message = "its workers were killed from outside, or with their machines. Look at the cluster, then use --retry-failed"
    return {
        "status": "failed",
        "error_type": error_type,
        "error_message": f"{message} (given up after {attempts.num_tries} tries)",
    }


def _check_run_is_seen(run: RunFolder) -> None:
    """Raises `ConfigError` where this machine does not see the run's folder."""
    try:
        digest = open_run(run.uri).digest
    except InputError:
        digest = None
    if digest != run.digest:
        raise ConfigError(
            f"{socket.gethostname()} does not see the run at {run.uri}: expected the run.yaml that the driver wrote, found "
            f"{'none' if digest is None else 'another'}. On a cluster RUN is an s3:// URI or a folder that all machines share"
        )
