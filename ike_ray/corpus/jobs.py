"""Every job that fills a run's folder, and the settings of every command that has settings."""

from typing import Any

from ike_ray.config import SemanticsConfig, TrainConfig
from ike_ray.corpus.filling_job import FillingJob
from ike_ray.corpus.predict import PREDICT
from ike_ray.corpus.segment import SEGMENT
from ike_ray.corpus.spectral import SPECTRAL
from ike_ray.errors import ConfigError

FILLING_JOBS: tuple[FillingJob[Any], ...] = (SEGMENT, SPECTRAL, PREDICT)
SETTINGS: dict[str, type] = {job.name: job.settings for job in FILLING_JOBS}
SETTINGS |= {kind.job: kind for kind in (SemanticsConfig, TrainConfig)}


def choose_job(name: str) -> FillingJob[Any]:
    """Return the job of that name. Raises `ConfigError` if there is none."""
    for job in FILLING_JOBS:
        if job.name == name:
            return job
    names = ", ".join(job.name for job in FILLING_JOBS)
    raise ConfigError(f"there is no job {name!r} that fills a run's folder: expected one of {names}")
