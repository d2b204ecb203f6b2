"""A job that fills a run's folder: what it says of itself, and where its rows go. It imports no Ray, as processes import
it."""

import socket
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from ike_ray.config import WorkersConfig
from ike_ray.engine.job import Ending, Process, split
from ike_ray.errors import ConfigError, InputError
from ike_ray.records import VideoRef
from ike_ray.run.description import open_run
from ike_ray.run.folder import RunFolder
from ike_ray.run.rows import build_outcome_row
from ike_ray.storage.credentials import hide_credentials
from ike_ray.storage.files import read_path

_Config = TypeVar("_Config")  # a `RunConfig`
# This many outcomes are written at once. A remote storage answers each in some tens of milliseconds.
_CONNECTIONS = 16


@dataclass(frozen=True, kw_only=True)
class FillingJob(Generic[_Config]):
    """A job that fills a run's folder. `corpus.jobs` lists all of them; each is made in the file that bears its name."""

    settings: type[_Config]  # `settings.job` is the name of the command
    nouns: str  # the word for what its rows describe
    list_items: Callable[[str], list[VideoRef]]  # lists the items of INPUT
    load: Callable[[RunFolder, _Config], Process]
    """What its process does: see `engine.job.Loadable`. It is a function of a module, which is sent by its name, and it
    imports torch itself, so that torch stays out of the memory of the actors."""
    choose_group_size: Callable[[_Config], int] = lambda config: 1
    """The largest number of items that a worker takes at once."""
    list_files: Callable[[_Config], Mapping[str, str | None]] = lambda config: {}
    """The paths and URIs that settings name, by the setting. It is None if the setting names no file."""
    identify: Callable[[_Config], _Config] = lambda config: config
    """The settings with the digests of the models that they name, so that a run keeps to them. Raises `ConfigError`."""
    check: Callable[[_Config], None] = lambda config: None
    """Raises `ConfigError` if what the settings name cannot be used, which each worker would find as well."""

    @property
    def name(self) -> str:
        """Return the name of its command."""
        kind: Any = self.settings
        return kind.job

    def build(self, run: RunFolder, config: _Config) -> "RunJob":
        """Return the job with its settings, over the folder of a run."""
        return RunJob(
            run=run, config=config, nouns=self.nouns, load_process=self.load, group_size=self.choose_group_size(config)
        )

    def list_uris(self, config: _Config) -> dict[str, str]:
        """Return the paths and URIs of the files that the settings name, by the setting."""
        return {name: uri for name, uri in self.list_files(config).items() if uri}

    def locate_files(self, config: _Config) -> _Config:
        """Return the settings with absolute paths, since a worker's folder is not the caller's."""
        located: Any = config  # a dataclass, which a protocol cannot say
        for name, uri in self.list_uris(config).items():
            section, _, key = name.rpartition(".")
            changed = {key: read_path(uri)}
            located = replace(located, **({section: replace(getattr(located, section), **changed)} if section else changed))
        return located


@dataclass(frozen=True, kw_only=True)
class RunJob:
    """A job that fills a run's folder, as the engine carries it."""

    run: RunFolder
    config: Any
    nouns: str
    load_process: Callable[[RunFolder, Any], Process]
    group_size: int

    @property
    def workers(self) -> WorkersConfig:
        """Return the pool of workers."""
        return self.config.workers

    @property
    def outcomes(self) -> "OutcomeRows":
        """Return the rows of the run."""
        return OutcomeRows(run=self.run, is_on_gpu=self.workers.num_gpus > 0)

    def list_groups(self, items: Sequence[VideoRef], num_workers: int) -> list[list[VideoRef]]:
        """Return groups of at most `group_size` items, and of fewer if workers would have few groups."""
        return split(items, num_workers, self.group_size)

    def load(self) -> Process:
        """Load what the process needs."""
        return self.load_process(self.run, self.config)


def find_folder(model: str | None) -> str | None:
    """Return a model that is a folder here, and None for others, which are names on a hub."""
    return model if model is not None and Path(model).is_dir() else None


@dataclass(frozen=True, kw_only=True)
class OutcomeRows:
    """The outcome rows of a run, one for each video."""

    run: RunFolder
    is_on_gpu: bool

    def check_is_seen(self) -> None:
        """Raise `ConfigError` if this machine does not see the run's folder."""
        try:
            digest = open_run(self.run.uri).digest
        except InputError:
            digest = None
        if digest != self.run.digest:
            raise ConfigError(
                f"{socket.gethostname()} does not see the run at {self.run.uri}: expected the run.yaml that the driver "
                f"wrote, found {'none' if digest is None else 'another'}. On a cluster RUN is an s3:// URI or a folder that "
                "all machines share"
            )

    def read(self, ref: VideoRef) -> dict[str, Any] | None:
        """Return the outcome row of a video that waits in the inbox, or None."""
        return self.run.read_own_outcome(ref.video_id)

    def build(self, ref: VideoRef, ending: Ending) -> dict[str, Any]:
        """Return the outcome row of a video."""
        row = build_outcome_row(
            replace(ref, uri=hide_credentials(ref.uri)),
            device="cuda" if self.is_on_gpu else "cpu",
            digest=self.run.digest,
            tries=ending.tries,
            losses=ending.losses,
            elapsed_s=ending.elapsed_s,
        )
        return row | ending.columns

    def write(self, rows: Sequence[dict[str, Any]]) -> None:
        """Write the rows, each as a file in the inbox. Raises `RunError`."""
        if len(rows) == 1:
            self.run.write_outcome(rows[0])
            return
        with ThreadPoolExecutor(_CONNECTIONS) as pool:
            list(pool.map(self.run.write_outcome, rows))
