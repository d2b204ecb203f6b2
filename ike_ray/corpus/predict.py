"""The prediction job, which runs a student on every video of a list."""

from dataclasses import replace

from ike_ray.config import PredictRunConfig
from ike_ray.corpus.filling_job import FillingJob
from ike_ray.engine.job import Process
from ike_ray.run.folder import RunFolder
from ike_ray.storage.files import read_path
from ike_ray.video.manifest import list_videos


def load_predict(run: RunFolder, config: PredictRunConfig) -> Process:
    """Load the student's weights."""
    from ike_ray.corpus.predict_process import PredictProcess  # noqa: PLC0415 # torch stays out of the actors

    return PredictProcess(run, config)


def identify_student(config: PredictRunConfig) -> PredictRunConfig:
    """Return the settings with the student's absolute place, since a worker's folder is not the caller's, and its digest.

    Raises like `read_same_student`, so that a student that cannot be used is found before any work.
    """
    from ike_ray.student.read import read_same_student  # noqa: PLC0415 # torch

    config = replace(config, model=read_path(config.model) if config.model else None)
    return replace(config, weights_digest=read_same_student(config.model, config.weights_digest).weights_digest)


PREDICT = FillingJob(
    settings=PredictRunConfig,
    nouns="videos",
    list_items=list_videos,
    load=load_predict,
    list_files=lambda config: {"model": config.model},
    identify=identify_student,
)
