"""A job on a cluster's job server: submitted, followed to its end."""

import asyncio
import logging
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import ray

import ike_ray
from ike_ray.corpus.submission import SETTINGS_FILE, VERSIONS_VARIABLE, Submission, describe_versions
from ike_ray.errors import ConfigError
from ike_ray.storage.files import write_bytes

# They tell of every upload and of every connection that is closed.
_TALKATIVE = ("ray.dashboard.modules.job.sdk", "ray.dashboard.modules.dashboard_sdk", "ray._private.runtime_env.packaging")
# A job server that says nothing for so long is taken for gone. A head under load may take many seconds for an answer.
_SILENCE_S = 60.0


@dataclass(frozen=True, kw_only=True)
class JobEnd:
    """How a job ended: `status` is Ray's, or LOST where the job server no longer answers; `exit_code` is its command's."""

    status: str
    exit_code: int | None
    message: str


class JobServer:
    """The job server of a cluster, at `address`. Raises `ConfigError` where there is none that this program can use."""

    def __init__(self, address: str) -> None:
        try:
            from ray.job_submission import JobSubmissionClient  # noqa: PLC0415  # optional, and half a second

            self._client = JobSubmissionClient(address)
        except ImportError as error:
            raise ConfigError(f"submitting needs Ray's job client ({error}): pip install 'ike_ray[cluster]'") from error
        except (OSError, RuntimeError, ValueError) as error:
            if "ray[default]" in str(error):
                raise ConfigError("submitting needs Ray's job client: pip install 'ike_ray[cluster]'") from error
            raise ConfigError(
                f"cannot reach a job server at {address}: {error}. Expected the dashboard of a cluster's head, such as "
                "http://HEAD:8265. `ray dashboard cluster.yaml` or `kubectl port-forward` bring it to this machine"
            ) from error
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)
        self.address = self._client.get_address()
        self._check_version()

    def submit(self, submission: Submission) -> str:
        """Submits and returns the job's id: the submission's name and, from the second attempt on, a number.

        The package of this very program travels with the job, and so do its settings. Raises `ConfigError` where a job of
        that name has not ended yet.
        """
        with tempfile.TemporaryDirectory() as folder:
            write_bytes(f"{folder}/{SETTINGS_FILE}", submission.settings_text.encode())
            try:
                return self._client.submit_job(
                    entrypoint=submission.command,
                    submission_id=self._choose_id(submission),
                    runtime_env={
                        "working_dir": folder,
                        "py_modules": [str(Path(ike_ray.__file__).parent)],
                        "excludes": ["__pycache__"],
                        "env_vars": {VERSIONS_VARIABLE: describe_versions()},
                    },
                )
            except (OSError, RuntimeError) as error:  # such as another submission of this name, a moment earlier
                raise ConfigError(f"the job server at {self.address} did not take {submission.name}: {error}") from error

    def follow(self, submission_id: str, report: Callable[[str], None]) -> JobEnd:
        """Calls `report` with each new piece of the job's log, until the job has ended. Survives a broken connection."""
        return asyncio.run(self._follow(submission_id, report))

    async def _follow(self, submission_id: str, report: Callable[[str], None]) -> JobEnd:
        num_seen, heard_s = 0, time.monotonic()
        while True:
            num_read = 0
            try:
                # Every connection begins with the log's first line.
                async for text in self._client.tail_job_logs(submission_id):
                    report(text[max(0, num_seen - num_read) :])
                    num_read += len(text)
                    num_seen, heard_s = max(num_seen, num_read), time.monotonic()
                info = self._client.get_job_info(submission_id)
                if info.status.is_terminal():
                    return JobEnd(status=info.status.value, exit_code=info.driver_exit_code, message=info.message or "")
                heard_s = time.monotonic()
            except (aiohttp.ClientError, OSError, RuntimeError) as error:
                if time.monotonic() - heard_s > _SILENCE_S:
                    return JobEnd(status="LOST", exit_code=None, message=f"no answer from {self.address}: {error}")
            await asyncio.sleep(1)

    def _check_version(self) -> None:
        theirs = str(self._client._server_ray_version)
        if theirs.split(".")[:2] != ray.__version__.split(".")[:2]:
            raise ConfigError(
                f"the cluster at {self.address} runs Ray {theirs}: expected {ray.__version__}, which this program is "
                "installed with. Install that version here (Ray 2.60 to 2.63 will do), or change the cluster's image"
            )

    def _choose_id(self, submission: Submission) -> str:
        jobs: dict[str, Any] = {job.submission_id: job for job in self._client.list_jobs() if job.submission_id}
        number, submission_id = 1, submission.name
        while submission_id in jobs:
            if not jobs[submission_id].status.is_terminal():
                raise ConfigError(
                    f"{submission_id} on {self.address} already fills {submission.run} with these settings: expected an "
                    f"ended job or none, found {jobs[submission_id].status.value}. Wait for its end, or stop it: "
                    f"{build_stop_command(self.address, submission_id)}"
                )
            number += 1
            submission_id = f"{submission.name}-{number}"
        return submission_id


def build_follow_command(address: str, submission_id: str) -> str:
    """What to type to see a job's log again."""
    return f"ray job logs --follow --address {address} {submission_id}"


def build_stop_command(address: str, submission_id: str) -> str:
    """What to type to end a job."""
    return f"ray job stop --address {address} {submission_id}"
