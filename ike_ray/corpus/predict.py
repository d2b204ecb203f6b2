"""The prediction job: a student on every video of a list."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ike_ray.config import PredictRunConfig, WorkersConfig
from ike_ray.corpus.filling_job import FillingJob, OutcomeRows
from ike_ray.engine.job import Process, split
from ike_ray.records import VideoRef
from ike_ray.run.folder import RunFolder
from ike_ray.storage.files import read_path
from ike_ray.video.manifest import list_videos


@dataclass(frozen=True, kw_only=True)
class PredictJob:
    """One video a call. Torch is imported by its process alone, and stays out of the memory of the actors."""

    run: RunFolder
    config: PredictRunConfig

    @property
    def workers(self) -> WorkersConfig:
        """The pool."""
        return self.config.workers

    @property
    def outcomes(self) -> OutcomeRows:
        """The rows of the run."""
        return OutcomeRows(run=self.run, is_on_gpu=self.config.workers.num_gpus > 0)

    def list_groups(self, items: Sequence[VideoRef], num_workers: int) -> list[list[VideoRef]]:
        """Return groups of one video."""
        return split(items, num_workers)

    def load(self) -> Process:
        """Load the student's weights."""
        from ike_ray.corpus.predict_process import PredictProcess  # noqa: PLC0415 # see above

        return PredictProcess(self.run, self.config)


def identify_student(config: PredictRunConfig) -> PredictRunConfig:
    """Return the settings with the student's absolute place, since a worker's folder is not the caller's, and its digest.

    Raises like `read_same_student`: a student that cannot be used is found before any work.
    """
    from ike_ray.student.read import read_same_student  # noqa: PLC0415 # torch

    config = replace(config, model=read_path(config.model) if config.model else None)
    return replace(config, weights_digest=read_same_student(config.model, config.weights_digest).weights_digest)


PREDICT = FillingJob(
    settings=PredictRunConfig,
    nouns="videos",
    list_items=list_videos,
    build=lambda run, config: PredictJob(run=run, config=config),
    list_files=lambda config: {"model": config.model},
    identify=identify_student,
)
