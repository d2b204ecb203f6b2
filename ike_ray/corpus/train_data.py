"""The samples of a training, streamed from the videos of the runs."""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np
import pyarrow as pa
import ray
import ray.data
import torch
from ray.data import TaskPoolStrategy
from torch import Tensor

from ike_ray.config import AugmentConfig, TrainConfig
from ike_ray.errors import InputError
from ike_ray.storage.faults import keep_trying
from ike_ray.student.augment import augment_sample
from ike_ray.student.model_folder import read_progress, write_unread
from ike_ray.student.samples import Sample, choose_frames, read_samples
from ike_ray.student.videos import CorpusVideo, list_visits, read_corpus_video

# Samples of one task, about: some megabytes, of several videos.
_FRAMES_A_BLOCK = 64


@dataclass(frozen=True, kw_only=True)
class SampleStream:
    """How to make the dataset of a training; called anew each time that its workers start, on Ray's controller."""

    model: str  # URI of MODEL
    videos: tuple[CorpusVideo, ...]  # that are learned from
    config: TrainConfig
    reader_cpus: float

    def __call__(self) -> ray.data.Dataset:
        """What the steps that are still to be taken need, each visit of a video opened and decoded by a task.

        visits -> tasks: rows, frames, small samples -> object store, once -> the workers' shares
        """
        config = self.config
        progress = read_progress(self.model)
        steps = config.training.num_steps - (progress[-1]["step"] if progress else 0)
        # Some more than needed: each worker keeps what does not fill a batch, and Ray Train may go on from the checkpoint
        # before the last.
        count = (steps + config.training.report_every_steps + 1) * config.training.batch_size
        skip = (config.training.num_steps - steps) * config.training.batch_size
        visits = list_visits(self.videos, config.samples, config.seed, skip=skip, count=count)
        # Not from_arrow, which asks for a CPU to look at each table while the workers hold all. As text, since columns in
        # which some blocks have nothing would be of different types.
        rows = [{"visit": json.dumps(visit)} for visit in visits]
        return ray.data.from_items(rows, override_num_blocks=min(len(rows), -(-count // _FRAMES_A_BLOCK))).flat_map(
            read_visit,  # type: ignore[arg-type]  # the stubs know functions of a row alone
            fn_kwargs={"model": self.model, "config": config},
            num_cpus=self.reader_cpus,
            compute=TaskPoolStrategy(size=config.workers.num_readers),
        )


def read_visit(row: dict[str, Any], model: str, config: TrainConfig) -> list[dict[str, Any]]:
    """The samples of one visit. Columns read: visit; written: height, width, image, labels, weight.

    None of a video that cannot be read, which is noted in the folder of the student.
    """
    cv2.setNumThreads(1)
    visit = json.loads(row["visit"])
    phase, video = visit.pop("phase"), CorpusVideo(**visit)
    try:
        samples = keep_trying(
            lambda: read_video_samples(video, config, config.samples.frames_a_visit, phase), config.workers.patience_s
        )
    except InputError as error:
        reason = error
        keep_trying(lambda: write_unread(model, video, reason), config.workers.patience_s)
        return []
    return [
        {
            "height": sample.image.shape[0],
            "width": sample.image.shape[1],
            "image": sample.image.tobytes(),
            "labels": sample.labels.tobytes(),
            "weight": sample.weight,
        }
        for sample in samples
    ]


def read_video_samples(video: CorpusVideo, config: TrainConfig, num_frames: int, phase: int) -> list[Sample]:
    """At most `num_frames` samples of a video. Raises `InputError` where it cannot be read."""
    chosen = choose_frames(read_corpus_video(video), num_frames, phase)
    return list(read_samples(chosen, config.student, config.samples))


def build_batch(
    rows: Sequence[dict[str, Any]], config: AugmentConfig, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Augmented images, labels and weights of rows that `read_visit` wrote."""
    pairs = []
    for row in rows:
        size = (row["height"], row["width"])
        image = torch.from_numpy(np.frombuffer(row["image"], np.uint8).reshape(*size, 3).copy())
        labels = torch.from_numpy(np.frombuffer(row["labels"], np.uint8).reshape(size).copy())
        pairs.append(augment_sample(image, labels, config, generator))
    images, labels = (torch.stack(tensors) for tensors in zip(*pairs, strict=True))
    return images, labels, torch.tensor([row["weight"] for row in rows], dtype=torch.float32)


def iterate_batches(shard: ray.data.DataIterator, config: TrainConfig, seed: int) -> Iterator[list[dict[str, Any]]]:
    """Batches of rows of one worker, for as long as they are asked for. Raises `InputError` where no video gives any."""
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
                f"not one batch of {size} frames could be read: the videos are gone, changed, or samples.min_confidence = "
                f"{config.samples.min_confidence:g} leaves none. Why is in the student's folder, in unread/"
            )


def plan_reader_cpus(config: TrainConfig, num_cpus: float) -> float:
    """CPUs of a task that reads, in a cluster with `num_cpus`: 1, or its share of those that the workers leave.

    0 where they leave none, as on a laptop whose cores all train: else it would wait for ever.
    """
    left = num_cpus - config.workers.num_workers * config.workers.num_cpus
    return max(0.0, min(1.0, math.floor(100 * left / config.workers.num_readers) / 100))
