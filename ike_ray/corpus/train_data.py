"""The samples of a training, which are streamed from the videos of the runs."""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
import ray
import ray.data
import torch
from ray.data import ActorPoolStrategy
from torch import Tensor

from ike_ray.config import AugmentConfig, TrainConfig
from ike_ray.corpus.train_reader import SampleReader, Visit
from ike_ray.engine.cluster import read_memory_bytes
from ike_ray.errors import InputError
from ike_ray.run.segmented import MaskedVideo
from ike_ray.student.augment import augment_sample
from ike_ray.student.model_folder import read_progress
from ike_ray.student.videos import list_visits

# One task makes about this many samples, which are some megabytes, of several videos.
_FRAMES_A_BLOCK = 64


@dataclass(frozen=True, kw_only=True)
class SampleStream:
    """How to make the dataset of a training. It is called on Ray's controller each time that the workers start."""

    model: str  # the URI of MODEL
    videos: tuple[MaskedVideo, ...]  # the videos that are learned from
    config: TrainConfig
    reader_cpus: float

    def __call__(self) -> ray.data.Dataset:
        """Return what the remaining steps need. An actor opens and decodes each visit of a video.

        visits -> actors: rows, frames, small samples -> object store, once -> the workers' shares
        """
        config = self.config
        progress = read_progress(self.model)
        steps = config.training.num_steps - (progress[-1]["step"] if progress else 0)
        # There are some more than needed, because each worker keeps what does not fill a batch, and Ray Train may go on from
        # the checkpoint before the last.
        count = (steps + config.training.report_every_steps + 1) * config.training.batch_size
        skip = (config.training.num_steps - steps) * config.training.batch_size
        visits = list_visits(self.videos, config.samples, config.seed, skip=skip, count=count)
        # from_arrow would ask for a CPU to look at each table while the workers hold all CPUs. Rows are text, since columns
        # in which some blocks have nothing would get different types.
        rows = [{"visit": json.dumps(visit)} for visit in visits]
        return ray.data.from_items(rows, override_num_blocks=min(len(rows), -(-count // _FRAMES_A_BLOCK))).flat_map(
            VisitReader,
            fn_constructor_kwargs={"model": self.model, "config": config},
            num_cpus=self.reader_cpus,
            compute=ActorPoolStrategy(size=config.workers.num_readers),
        )


class VisitReader:
    """An actor that reads visits: see `SampleReader`. Column read: visit; written: height, width, image, labels, weight."""

    def __init__(self, model: str, config: TrainConfig) -> None:
        self._config, self._reader = config, SampleReader(model, config, plan_reader_memory(config))

    def __call__(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the samples of one visit. A video that cannot be read has none."""
        values = json.loads(row["visit"])
        phase, video = values.pop("phase"), MaskedVideo(**values)
        visit = Visit(video=video, num_frames=self._config.samples.frames_a_visit, phase=phase)
        return [
            {
                "height": sample.image.shape[0],
                "width": sample.image.shape[1],
                "image": sample.image.tobytes(),
                "labels": sample.labels.tobytes(),
                "weight": sample.weight,
            }
            for sample in self._reader.read(visit)
        ]

    def close(self) -> None:
        """End the process that reads."""
        self._reader.close()


def plan_reader_memory(config: TrainConfig) -> int:
    """Return the bytes that a reading process may take: the setting, or its share beside all that may run on a machine."""
    workers = config.workers
    if workers.memory_gb is not None:
        return int(workers.memory_gb * 1e9)
    return int(0.9 * read_memory_bytes() / (2 * workers.num_workers + workers.num_readers))


def build_batch(
    rows: Sequence[dict[str, Any]], config: AugmentConfig, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Return augmented images, labels and weights of rows that `VisitReader` wrote."""
    pairs = []
    for row in rows:
        size = (row["height"], row["width"])
        image = torch.from_numpy(np.frombuffer(row["image"], np.uint8).reshape(*size, 3).copy())
        labels = torch.from_numpy(np.frombuffer(row["labels"], np.uint8).reshape(size).copy())
        pairs.append(augment_sample(image, labels, config, generator))
    images, labels = (torch.stack(tensors) for tensors in zip(*pairs, strict=True))
    return images, labels, torch.tensor([row["weight"] for row in rows], dtype=torch.float32)


def iterate_batches(shard: ray.data.DataIterator, config: TrainConfig, seed: int) -> Iterator[list[dict[str, Any]]]:
    """Yield batches of rows of one worker for as long as they are asked for. Raises `InputError` if no video gives any."""
    size = config.training.batch_size // config.workers.num_workers
    while True:
        num_given = 0
        batches = shard.iter_batches(
            batch_size=size,
            batch_format="pyarrow",
            drop_last=True,
            local_shuffle_buffer_size=max(size, config.samples.shuffled_frames),
            local_shuffle_seed=seed,
        )
        for batch in batches:
            num_given += 1
            yield cast(pa.Table, batch).to_pylist()
        if num_given == 0:
            raise InputError(
                f"not one batch of {size} frames could be read: the videos are gone or changed, or samples.min_confidence = "
                f"{config.samples.min_confidence:g} leaves none. Look at the reasons in the student's folder, in unread/"
            )


def plan_reader_cpus(config: TrainConfig, num_cpus: float) -> float:
    """Return the CPUs of a task that reads, in a cluster with `num_cpus`: 1, or its share of those that the workers leave.

    It is 0 if they leave none, as on a laptop whose cores all train, because the task would wait for ever otherwise.
    """
    left = num_cpus - config.workers.num_workers * config.workers.num_cpus
    return max(0.0, min(1.0, math.floor(100 * left / config.workers.num_readers) / 100))
