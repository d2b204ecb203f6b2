"""The main job: IKE on every video of a list."""

from collections.abc import Sequence
from dataclasses import replace

import torch

from ike_ray.config import Config
from ike_ray.corpus.carry import Show, carry_corpus, show_nothing
from ike_ray.corpus.locate import locate_files
from ike_ray.corpus.method import SegmentMethod
from ike_ray.flow.estimate import build_flow_estimator
from ike_ray.records import VideoRef
from ike_ray.storage.files import read_path
from ike_ray.storage.run_folder import RunFolder
from ike_ray.student.read import read_same_student


def locate_second_cue(config: Config) -> Config:
    """The settings with the digest of the student that they name, if they name one, so that a run keeps to it.

    Raises like `read_same_student`: a student that cannot be used is found before any work.
    """
    cue = config.second_cue
    if cue.model is None:
        return config
    student = read_same_student(read_path(cue.model), cue.weights_digest)
    return replace(config, second_cue=replace(cue, weights_digest=student.weights_digest))


def segment_corpus(
    refs: Sequence[VideoRef], run: RunFolder, config: Config, *, retry_failed: bool = False, show: Show = show_nothing
) -> None:
    """Segments the videos with IKE: see `carry_corpus`. Raises `ConfigError` where weights cannot be used."""
    config = locate_files(config)
    build_flow_estimator(config.flow, torch.device("cpu"))  # bad weights are found here, not in every worker
    method = SegmentMethod(run=run, config=config)
    carry_corpus(refs, run, method, config.workers, retry_failed=retry_failed, show=show)
