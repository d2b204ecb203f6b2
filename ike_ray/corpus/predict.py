"""The job that carries a trained student through a corpus."""

from collections.abc import Sequence
from dataclasses import replace

from ike_ray.config import PredictRunConfig
from ike_ray.corpus.carry import Show, carry_corpus, show_nothing
from ike_ray.corpus.method import PredictMethod
from ike_ray.records import VideoRef
from ike_ray.storage.files import read_path
from ike_ray.storage.run_folder import RunFolder
from ike_ray.student.read import read_same_student


def locate_student(config: PredictRunConfig) -> PredictRunConfig:
    """The settings with the student's absolute place, since a worker's folder is not the caller's, and its digest.

    Raises like `read_same_student`: a student that cannot be used is found before any work.
    """
    config = replace(config, model=read_path(config.model) if config.model else None)
    return replace(config, weights_digest=read_same_student(config.model, config.weights_digest).weights_digest)


def predict_corpus(
    refs: Sequence[VideoRef],
    run: RunFolder,
    config: PredictRunConfig,
    *,
    retry_failed: bool = False,
    show: Show = show_nothing,
) -> None:
    """Finds the objects of the videos with the student of `config`, which `locate_student` made: see `carry_corpus`."""
    carry_corpus(refs, run, PredictMethod(run=run, config=config), config.workers, retry_failed=retry_failed, show=show)
