"""A job on a cluster: what `submit` hands to the job server, and how it follows the job to its end."""

import asyncio
import hashlib
import logging
import shlex
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import ray
import yaml

import ike_ray
from ike_ray.config import RunConfig
from ike_ray.corpus.filling_job import FillingJob
from ike_ray.engine.cluster import VERSIONS_VARIABLE, describe_versions
from ike_ray.errors import ConfigError
from ike_ray.settings import config_digest, config_values
from ike_ray.storage.credentials import hide_credentials
from ike_ray.storage.files import is_local, read_path, safe_name, write_bytes

# This file is uploaded beside the package. The job's folder is its working folder.
SETTINGS_FILE = "settings.yaml"
# These loggers tell of every upload and of every connection that is closed.
_TALKATIVE = ("ray.dashboard.modules.job.sdk", "ray.dashboard.modules.dashboard_sdk", "ray._private.runtime_env.packaging")
# A job server that is silent for so long is taken for gone. A head under load may take many seconds for an answer.
_SILENCE_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Submission:
    """One `ike-ray segment`, or another job that fills a run's folder, to be run by a cluster."""

    job: FillingJob[Any]
    source: str
    run: str
    config: RunConfig
    retry_failed: bool = False

    @property
    def name(self) -> str:
        """Return the job's name. The run folder and the settings fix it, so that the job server refuses the second of two."""
        identity = hashlib.sha256(f"{self.run}\n{config_digest(self.config)}".encode()).hexdigest()[:12]
        return f"ike-{safe_name(self.run, longest=40)}-{identity}"

    @property
    def command(self) -> str:
        """Return the job's shell command. It finds the settings in a file, so neither they nor any secret appear in it."""
        options = ["--retry-failed"] if self.retry_failed else []
        parts = [
            "python",
            "-m",
            "ike_ray.cli",
            self.job.name,
            self.source,
            "--out",
            self.run,
            "--config",
            SETTINGS_FILE,
            *options,
        ]
        return shlex.join(parts)

    @property
    def settings_text(self) -> str:
        """Return all settings as YAML, as this version of the package reads them."""
        return yaml.safe_dump(config_values(self.config), sort_keys=False)

    def list_paths(self) -> list[str]:
        """Return the paths that the job reads and writes. Every node has to see them under the same names."""
        return [uri for _, uri in _list_uris(self) if is_local(uri)]


def is_this_machine(address: str) -> bool:
    """Return whether a job server's address is one of this machine: a head here, or a tunnel to one elsewhere."""
    return urlsplit(address if "://" in address else f"//{address}").hostname in ("localhost", "127.0.0.1", "::1")


def build_submission(
    job: FillingJob[Any], source: str, run: str, config: RunConfig, *, address: str, retry_failed: bool = False
) -> Submission:
    """Return the submission for the job server at `address`, with absolute paths.

    Raises `ConfigError` for a relative path if that server is on another machine, and for a URI with a password in it.
    """
    submission = Submission(job=job, source=source, run=run, config=config, retry_failed=retry_failed)
    for name, uri in _list_uris(submission):
        _check_uri(uri, name, address)
    return replace(submission, source=read_path(source), run=read_path(run), config=job.locate_files(config))


def _list_uris(submission: Submission) -> Iterator[tuple[str, str]]:
    yield "INPUT", submission.source
    yield "RUN", submission.run
    yield from submission.job.list_uris(submission.config).items()


def _check_uri(uri: str, name: str, address: str) -> None:
    shown = hide_credentials(uri)
    if shown != uri:
        raise ConfigError(
            f"{name} {shown} has a user, a password or another secret in it, which the job server would show: expected a URI "
            "without. Give the cluster's nodes a role instead"
        )
    is_relative = "://" not in uri and not uri.startswith("/")
    if is_relative and not is_this_machine(address):
        raise ConfigError(
            f"{name} {uri} is a relative path, and the job runs on {address}: expected a URI such as s3://bucket/{uri}, or "
            "the absolute path of a folder that every node mounts"
        )


@dataclass(frozen=True, kw_only=True)
class JobEnd:
    """How a job ended. `status` is Ray's, or LOST if the job server no longer answers. `exit_code` is its command's."""

    status: str
    exit_code: int | None
    message: str


class JobServer:
    """The job server of a cluster, at `address`. Raises `ConfigError` if there is none that this program can use."""

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
        """Submit, and return the job's id: the submission's name and, from the second attempt on, a number.

        The package of this very program travels with the job, and so do its settings. Raises `ConfigError` if a job of that
        name has not ended yet.
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
        """Call `report` with each new piece of the job's log, until the job has ended. It survives a broken connection."""
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
    """Return what to type to see a job's log again."""
    return f"ray job logs --follow --address {address} {submission_id}"


def build_stop_command(address: str, submission_id: str) -> str:
    """Return what to type to end a job."""
    return f"ray job stop --address {address} {submission_id}"
