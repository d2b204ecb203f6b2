"""What `submit` hands to a cluster's job server: the command, its name there, and the paths that it may use."""

import hashlib
import platform
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import ray
import yaml

from ike_ray.config import RunConfig, name_job
from ike_ray.corpus.locate import list_files, locate_files
from ike_ray.errors import ConfigError
from ike_ray.settings import config_digest, config_values
from ike_ray.storage.files import is_local, read_path, safe_name

# Uploaded beside the package; the job's folder is its working folder.
SETTINGS_FILE = "settings.yaml"
# Carries `describe_versions` of the submitting machine to the job, which compares.
VERSIONS_VARIABLE = "IKE_RAY_SUBMITTED_FROM"


@dataclass(frozen=True, kw_only=True)
class Submission:
    """One `ike-ray segment`, or another job that fills a run's folder, to be run by a cluster."""

    source: str
    run: str
    config: RunConfig
    retry_failed: bool = False

    @property
    def name(self) -> str:
        """Of the job: the same for the same run folder and settings, so that the job server refuses the second of two."""
        identity = hashlib.sha256(f"{self.run}\n{config_digest(self.config)}".encode()).hexdigest()[:12]
        return f"ike-{safe_name(self.run, longest=40)}-{identity}"

    @property
    def command(self) -> str:
        """The job's shell command. It finds the settings in a file: neither they nor any secret appear in it."""
        options = ["--retry-failed"] if self.retry_failed else []
        parts = [
            "python",
            "-m",
            "ike_ray.cli",
            name_job(self.config),
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
        """All settings as YAML, as this version of the package reads them."""
        return yaml.safe_dump(config_values(self.config), sort_keys=False)

    def list_paths(self) -> list[str]:
        """What the job reads and writes that is a path of a file system: every node has to see it under the same name."""
        return [uri for _, uri in _list_uris(self) if is_local(uri)]


def is_this_machine(address: str) -> bool:
    """Whether a job server's address is one of this machine: a head here, or a tunnel to one elsewhere."""
    return urlsplit(address if "://" in address else f"//{address}").hostname in ("localhost", "127.0.0.1", "::1")


def build_submission(source: str, run: str, config: RunConfig, *, address: str, retry_failed: bool = False) -> Submission:
    """The submission for the job server at `address`, with absolute paths.

    Raises `ConfigError` for a relative path where that server is on another machine, and for a URI with a password in it.
    """
    submission = Submission(source=source, run=run, config=config, retry_failed=retry_failed)
    for name, uri in _list_uris(submission):
        _check_uri(uri, name, address)
    return replace(submission, source=read_path(source), run=read_path(run), config=locate_files(config))


def describe_versions() -> str:
    """The versions that a submitting machine and a cluster should share, to the second number."""
    parts = (("Python", platform.python_version()), ("Ray", ray.__version__))
    return ", ".join(f"{name} {'.'.join(version.split('.')[:2])}" for name, version in parts)


def check_versions(submitted_from: str | None) -> None:
    """Raises `ConfigError` where a job was submitted from other versions than it runs on; `None`: it was not submitted."""
    if submitted_from is not None and submitted_from != describe_versions():
        raise ConfigError(
            f"this job was submitted from {submitted_from}: expected the same on the cluster, found {describe_versions()}. "
            "Submit from an environment like the cluster's, or change the cluster's image"
        )


def _list_uris(submission: Submission) -> Iterator[tuple[str, str]]:
    yield "INPUT", submission.source
    yield "RUN", submission.run
    yield from list_files(submission.config).items()


def _check_uri(uri: str, name: str, address: str) -> None:
    if "://" in uri and "@" in urlsplit(uri).netloc:
        shown = uri.replace(urlsplit(uri).netloc, f"...@{urlsplit(uri).netloc.rpartition('@')[2]}")
        raise ConfigError(
            f"{name} {shown} has a user or a password in it, which the job server would show: expected a URI without. Give "
            "the cluster's nodes a role instead"
        )
    is_relative = "://" not in uri and not uri.startswith("/")
    if is_relative and not is_this_machine(address):
        raise ConfigError(
            f"{name} {uri} is a relative path, and the job runs on {address}: expected a URI such as s3://bucket/{uri}, or "
            "the absolute path of a folder that every node mounts"
        )
