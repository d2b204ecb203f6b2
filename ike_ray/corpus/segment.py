"""The main job, which segments every video of a list."""

from dataclasses import replace

from ike_ray.config import Config
from ike_ray.corpus.filling_job import FillingJob, find_folder
from ike_ray.engine.job import Process
from ike_ray.run.folder import RunFolder
from ike_ray.storage.files import read_path
from ike_ray.video.manifest import list_videos


def load_segment(run: RunFolder, config: Config) -> Process:
    """Load the networks and the flow estimator's weights."""
    from ike_ray.corpus.segment_process import SegmentProcess  # noqa: PLC0415 # torch stays out of the actors

    return SegmentProcess(run, config)


def identify_second_cue(config: Config) -> Config:
    """Return the settings with the digest of the student that they name, if they name one.

    Raises like `read_same_student`, so that a student that cannot be used is found before any work.
    """
    cue = config.second_cue
    if cue.model is None:
        return config
    from ike_ray.student.read import read_same_student  # noqa: PLC0415 # torch

    student = read_same_student(read_path(cue.model), cue.weights_digest)
    return replace(config, second_cue=replace(cue, weights_digest=student.weights_digest))


def _check_flow(config: Config) -> None:
    """Raise `ConfigError` if the flow's weights cannot be used."""
    import torch  # noqa: PLC0415 # torch

    from ike_ray.flow.estimate import build_flow_estimator  # noqa: PLC0415

    build_flow_estimator(config.flow, torch.device("cpu"))


SEGMENT = FillingJob(
    settings=Config,
    nouns="videos",
    list_items=list_videos,
    load=load_segment,
    list_files=lambda config: {
        "flow.weights": config.flow.weights,
        "flow.folder": config.flow.folder,
        "second_cue.model": config.second_cue.model,
        "features.model": find_folder(config.features.model),
    },
    identify=identify_second_cue,
    check=_check_flow,
)
