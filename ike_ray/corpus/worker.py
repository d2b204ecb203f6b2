"""What one actor of the pool does with one video: tries, and in the end exactly one outcome row."""

import functools
import os
import socket
import time
from dataclasses import replace
from typing import Any

from ike_ray.config import WorkersConfig
from ike_ray.corpus.limits import build_limits
from ike_ray.corpus.method import Method
from ike_ray.corpus.supervisor import Supervisor
from ike_ray.errors import ConfigError, IkeRayError, InputError, LostError, TransientError, WorkerError
from ike_ray.export.rows import build_outcome_row
from ike_ray.records import VideoRef
from ike_ray.storage.attempts import Attempts, read_attempts, remove_attempts, write_attempts
from ike_ray.storage.credentials import hide_credentials
from ike_ray.storage.faults import keep_trying
from ike_ray.storage.run_description import open_run
from ike_ray.storage.run_folder import RunFolder

# In the place of a status: the whole run has to stop.
STOP = "stop"
# What goes back to the driver of each outcome: numbers and words, no masks.
PROGRESS_COLUMNS = ("video_id", "uri", "status", "error_type", "error_message", "warning", "frames", "seconds")


class Worker:
    """Takes one video a call. Columns read: video_id, uri; returned: `PROGRESS_COLUMNS`."""

    def __init__(self, run: RunFolder, method: Method, config: WorkersConfig) -> None:
        self._run, self._config = run, config
        self._supervisor = Supervisor(method, build_limits(config))
        self._keep_trying = functools.partial(keep_trying, patience_s=config.patience_s)
        self._name = f"{socket.gethostname()}, process {os.getpid()}"
        self._is_run_seen = False

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Brings a video to its outcome, whatever happens, and writes that unless an earlier, lost worker has.

        Where no video could be brought to one (RUN cannot be seen or written, the machine lacks what the method needs) the
        row has the status `STOP` and nothing is written: Ray would hand an exception on without its class.
        """
        ref = VideoRef(video_id=row["video_id"], uri=row["uri"])
        try:
            outcome = self._bring_to_outcome(ref)
        except IkeRayError as error:
            stop = {"status": STOP, "error_type": type(error).__name__, "error_message": hide_credentials(str(error))}
            return dict.fromkeys(PROGRESS_COLUMNS) | {"video_id": ref.video_id, "uri": ref.uri} | stop
        return {name: outcome[name] for name in PROGRESS_COLUMNS}

    def _bring_to_outcome(self, ref: VideoRef) -> dict[str, Any]:
        if not self._is_run_seen:
            self._keep_trying(functools.partial(_check_run_is_seen, self._run))
            self._is_run_seen = True
        attempts = self._keep_trying(lambda: read_attempts(self._run, ref.video_id))
        outcome = self._keep_trying(lambda: self._run.read_own_outcome(ref.video_id)) if attempts.num_tries else None
        if outcome is None:
            outcome = self._work(ref, attempts)
            self._run.write_outcome(outcome)
        self._keep_trying(lambda: remove_attempts(self._run, ref.video_id))
        return outcome

    def close(self) -> None:
        """Ends the worker's process. Where the worker is killed instead, its process ends by itself."""
        self._supervisor.close()

    def _work(self, ref: VideoRef, attempts: Attempts) -> dict[str, Any]:
        """Tries until the method answers or the tries are used up; returns the outcome row."""
        started_s = time.monotonic()
        columns: dict[str, Any] | None = None
        while columns is None and not self._is_given_up(attempts):
            attempts = replace(attempts, worker=self._name)
            self._keep_trying(functools.partial(write_attempts, self._run, attempts))
            try:
                columns = self._keep_trying(lambda: self._supervisor.run(ref))
            except LostError:
                attempts = replace(attempts, num_losses=attempts.num_losses + 1)
            except WorkerError as error:
                attempts = replace(attempts, failures=(*attempts.failures, f"{type(error).__name__}: {error}"))
            except TransientError as error:
                columns = {"status": "failed", "error_type": "TransientError", "error_message": hide_credentials(str(error))}
        row = build_outcome_row(
            replace(ref, uri=hide_credentials(ref.uri)),
            device="cuda" if self._config.num_gpus > 0 else "cpu",
            digest=self._run.digest,
            tries=attempts.num_tries + (columns is not None),
            losses=attempts.num_losses,
            elapsed_s=time.monotonic() - started_s,
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
