"""The training job, which makes one student from the masks of whole runs, over several workers."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ray
import ray.train
from ray.train import CheckpointConfig, FailureConfig, RunConfig, ScalingConfig
from ray.train.torch import TorchTrainer

from ike_ray.config import TrainConfig
from ike_ray.corpus.train_data import SampleStream, plan_reader_cpus
from ike_ray.corpus.train_worker import WEIGHTS_FILE, TrainJob, train_worker
from ike_ray.engine.cluster import use_ray
from ike_ray.errors import ConfigError, IkeRayError, InputError, TransientError
from ike_ray.run.description import open_run
from ike_ray.run.folder import RunFolder
from ike_ray.run.lease import hold_run
from ike_ray.settings import config_digest
from ike_ray.storage.files import join_uri, read_path
from ike_ray.student.model_folder import create_model, is_trained, read_progress, write_trained
from ike_ray.student.videos import TrainingVideos

logger = logging.getLogger(__name__)

Watch = Callable[[dict[str, Any]], None]

# The driver looks this often for a new row of progress.parquet.
_LOOK_EVERY_S = 1.0
_CHECKPOINTS_KEPT = 2
# The training goes on from its last checkpoint this often after a worker died. A spot machine may go, but a fault that comes
# back each time should end it.
_MAX_FAILURES = 10


def train_corpus(runs: Sequence[str], model: str, config: TrainConfig, *, watch: Watch = lambda row: None) -> None:
    """Train the student whose folder is `model` on the masks of `runs`, or go on where its training stopped.

        rows of the runs -> visits -> tasks: samples -> workers: one network, averaged gradients -> checkpoints -> MODEL

    `watch` is called with each row of progress.parquet. The function uses the Ray that is running, connects to the cluster
    that the environment names, or starts Ray on this machine. It raises `ConfigError` before any work if MODEL holds another
    student, if another process trains it, or if resources are not there. It raises `InputError` if there is nothing to learn
    from, `RunError` if MODEL is no longer in the hands of this process, and `TransientError` if workers died more than ten
    times.
    """
    runs, model = [read_path(run) for run in runs], read_path(model)
    for run in runs:
        open_run(run)  # finds what is no run before MODEL is made
    folder = RunFolder(uri=model, digest=config_digest(config), patience_s=config.workers.patience_s)
    with hold_run(folder, patience_s=config.workers.patience_s, upkeep=lambda: None, upkeep_every_s=float("inf")) as hold:
        videos = create_model(model, config, runs)
        if is_trained(model):
            logger.info("%s is trained already", model)
            return
        logging.getLogger("ray.train").setLevel(logging.WARNING)
        with use_ray("the training", what_next="the same command goes on from the last checkpoint"), _follow(model, watch):
            weights = _fit(model, videos, config)
        hold.check()  # only the process that has the student may write its weights
        write_trained(model, weights)


def _fit(model: str, videos: TrainingVideos, config: TrainConfig) -> bytes:
    """Return the weights after the last step."""
    workers = config.workers
    num_cpus = check_resources(config, ray.cluster_resources())
    stream = SampleStream(model=model, videos=videos.learned, config=config, reader_cpus=plan_reader_cpus(config, num_cpus))
    trainer = TorchTrainer(
        train_worker,  # type: ignore[arg-type]  # Ray Train passes on whatever is its config
        train_loop_config=TrainJob(model=model, config=config, held_out=videos.held_out),  # type: ignore[arg-type]  # any record
        scaling_config=ScalingConfig(
            num_workers=workers.num_workers,
            use_gpu=workers.num_gpus > 0,
            resources_per_worker={"CPU": workers.num_cpus} | ({"GPU": workers.num_gpus} if workers.num_gpus else {}),
        ),
        datasets={"samples": stream},
        run_config=RunConfig(
            name="checkpoints",
            storage_path=model,
            failure_config=FailureConfig(max_failures=_MAX_FAILURES),
            checkpoint_config=CheckpointConfig(num_to_keep=_CHECKPOINTS_KEPT),
        ),
    )
    try:
        result = trainer.fit()
    except ray.train.TrainingFailedError as error:
        raise _explain(error, model) from error
    reason = result.return_value  # type: ignore[attr-defined]  # the stubs know the result of an older version
    if reason is not None:
        raise InputError(reason)
    assert result.checkpoint is not None
    with result.checkpoint.as_directory() as folder:
        return Path(folder, WEIGHTS_FILE).read_bytes()


def check_resources(config: TrainConfig, found: dict[str, float]) -> float:
    """Return the cluster's CPUs. Raises `ConfigError` if it has not what all workers together need."""
    workers = config.workers
    cpus, gpus = workers.num_workers * workers.num_cpus, workers.num_workers * workers.num_gpus
    if found.get("CPU", 0) < cpus or found.get("GPU", 0) < gpus:
        raise ConfigError(
            f"{workers.num_workers} workers ask for {cpus} CPUs and {gpus:g} GPUs, the cluster has {found.get('CPU', 0):g} "
            f"and {found.get('GPU', 0):g}. Lower workers.num_workers or what each asks for, or add nodes"
        )
    return found["CPU"]


def _explain(error: ray.train.TrainingFailedError, model: str) -> IkeRayError:
    """Return what a worker raised if it is an error of ours, and otherwise that workers are lost too often."""
    for failure in getattr(error, "worker_failures", {}).values():
        cause = getattr(failure, "cause", None) or failure.__cause__ or failure
        if isinstance(cause, IkeRayError):
            return cause
    return TransientError(
        f"Ray Train ended the training of {model}: {str(error).strip().splitlines()[-1]}. Look at the cluster and its logs; "
        f"the same command goes on from the last checkpoint in {join_uri(model, 'checkpoints')}"
    )


@contextmanager
def _follow(model: str, watch: Watch) -> Iterator[None]:
    """Call `watch` with each new row of progress.parquet, from a thread and at the end of the `with` block."""
    stop = threading.Event()
    seen = 0

    def look() -> None:
        nonlocal seen
        try:
            rows = read_progress(model)
        except TransientError as error:
            logger.warning("%s", error)
            return
        for row in rows[seen:]:
            watch(row)
        seen = len(rows)

    def keep_looking() -> None:
        while not stop.wait(_LOOK_EVERY_S):
            look()

    thread = threading.Thread(target=keep_looking, daemon=True, name="progress")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        look()
