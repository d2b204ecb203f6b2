"""What each worker of a training does, from its start or its restart to the last step."""

import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray.train
import ray.train.torch
import torch
from torch import nn

from ike_ray.config import TrainConfig
from ike_ray.corpus.train_data import build_batch, iterate_batches, plan_reader_memory
from ike_ray.corpus.train_reader import SampleReader, Visit
from ike_ray.errors import ConfigError, InputError
from ike_ray.run.segmented import MaskedVideo
from ike_ray.storage.faults import keep_trying
from ike_ray.student.model_folder import write_progress
from ike_ray.student.predict import evaluate_samples
from ike_ray.student.read import build_weights, read_weights
from ike_ray.student.samples import Sample
from ike_ray.student.train_step import build_optimizer, build_student, take_step

WEIGHTS_FILE = "weights.safetensors"
_OPTIMIZER_FILE, _PROGRESS_FILE = "optimizer.pt", "progress.json"
# This many frames of each held-out video are measured. They are spread evenly and stay in memory.
_HELD_OUT_FRAMES = 8


@dataclass(frozen=True, kw_only=True)
class TrainJob:
    """What a worker has to know."""

    model: str  # the URI of MODEL
    config: TrainConfig
    held_out: tuple[MaskedVideo, ...]


def train_worker(job: TrainJob) -> str | None:
    """Train together with the other workers, from the last checkpoint if there is one.

    Return None, or why there is nothing to learn from. All workers find that alike, and what is raised is tried again.
    """
    try:
        _train(job)
    except InputError as error:
        return str(error)
    return None


def _train(job: TrainJob) -> None:
    context = ray.train.get_context()
    rank, config = context.get_world_rank(), job.config
    device = _choose_device(config)
    torch.set_num_threads(config.workers.num_cpus)
    network = build_student(config.student, torch.Generator().manual_seed(config.seed)).to(device)
    optimizer = build_optimizer(network, config.training)
    progress = _restore(network, optimizer)
    step = progress[-1]["step"] if progress else 0
    if step == config.training.num_steps:
        return
    together = ray.train.torch.prepare_model(network, move_to_device=False)
    meter = _Meter(job, progress, read_held_out(job, rank, context.get_world_size()), device)
    generator = torch.Generator().manual_seed(config.seed + 1_000_003 * (rank + 1) + step)
    shard = ray.train.get_dataset_shard("samples")
    for rows in iterate_batches(shard, config, config.seed + step):
        images, labels, weights = build_batch(rows, config.augment, generator)
        batch = (images.to(device), labels.to(device), weights.to(device))
        meter.count(take_step(together, optimizer, batch, step, config.training))
        step += 1
        if step % config.training.report_every_steps == 0 or step == config.training.num_steps:
            meter.report(step, network, optimizer, rank)
        if step == config.training.num_steps:
            return


def read_held_out(job: TrainJob, rank: int, num_workers: int) -> list[Sample]:
    """Return the samples of this worker's share of the held-out videos. One that cannot be read has none, and is noted."""
    reader = SampleReader(job.model, job.config, plan_reader_memory(job.config))
    visits = [Visit(video=video, num_frames=_HELD_OUT_FRAMES, phase=0) for video in job.held_out[rank::num_workers]]
    samples = [sample for visit in visits for sample in reader.read(visit)]
    reader.close()
    return samples


class _Meter:
    """Sums up losses and samples between two reports, and makes the reports."""

    def __init__(self, job: TrainJob, progress: list[dict[str, Any]], held_out: list[Sample], device: torch.device) -> None:
        self._job, self._progress, self._held_out, self._device = job, progress, held_out, device
        self._losses: list[float] = []
        self._started_s = self._reported_s = time.monotonic()
        self._seconds_before = progress[-1]["seconds"] if progress else 0.0

    def count(self, loss: float) -> None:
        """Take the loss of a step."""
        self._losses.append(loss)

    def report(self, step: int, network: nn.Module, optimizer: torch.optim.Optimizer, rank: int) -> None:
        """Measure, and write a checkpoint. Every worker calls this after the same steps and waits for the others."""
        steps_s = time.monotonic() - self._reported_s
        precision = self._job.config.training.precision
        network.eval()
        agreement = evaluate_samples(network, self._held_out, self._device, precision)
        network.train()
        sums = torch.tensor([sum(self._losses), len(self._losses), agreement, len(self._held_out)], device=self._device)
        if torch.distributed.is_initialized():
            torch.distributed.all_reduce(sums)
        loss_sum, num_losses, iou_sum, num_frames = sums.tolist()
        row = {
            "step": step,
            "loss": loss_sum / num_losses,
            "held_out_iou": iou_sum / num_frames if num_frames else None,
            "samples_per_s": len(self._losses) * self._job.config.training.batch_size / steps_s,
            "seconds": self._seconds_before + time.monotonic() - self._started_s,
        }
        self._progress.append(row)
        with tempfile.TemporaryDirectory() as folder:
            checkpoint = _write_checkpoint(Path(folder), network, optimizer, self._progress) if rank == 0 else None
            ray.train.report(row, checkpoint=checkpoint)
        if rank == 0:  # after the checkpoint: a training goes on from what progress.parquet says
            keep_trying(lambda: write_progress(self._job.model, self._progress), self._job.config.workers.patience_s)
        self._losses, self._reported_s = [], time.monotonic()


def _write_checkpoint(
    folder: Path, network: nn.Module, optimizer: torch.optim.Optimizer, progress: list[dict[str, Any]]
) -> ray.train.Checkpoint:
    (folder / WEIGHTS_FILE).write_bytes(build_weights(network))
    torch.save(optimizer.state_dict(), folder / _OPTIMIZER_FILE)
    (folder / _PROGRESS_FILE).write_text(json.dumps(progress))
    return ray.train.Checkpoint.from_directory(str(folder))


def _restore(network: nn.Module, optimizer: torch.optim.Optimizer) -> list[dict[str, Any]]:
    """Fill network and optimizer from the last checkpoint and return its progress. Without one both stay as they are."""
    checkpoint = ray.train.get_checkpoint()
    if checkpoint is None:
        return []
    with checkpoint.as_directory() as folder:
        read_weights(network, Path(folder, WEIGHTS_FILE).read_bytes(), f"{checkpoint.path}/{WEIGHTS_FILE}")
        optimizer.load_state_dict(torch.load(Path(folder, _OPTIMIZER_FILE), map_location="cpu", weights_only=True))
        return json.loads(Path(folder, _PROGRESS_FILE).read_text())


def _choose_device(config: TrainConfig) -> torch.device:
    if config.workers.num_gpus == 0:
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise ConfigError(
            f"workers.num_gpus is {config.workers.num_gpus:g}, and PyTorch {torch.__version__} finds no GPU. Install its "
            "build for CUDA on every node, or set workers.num_gpus=0"
        )
    return ray.train.torch.get_device()
