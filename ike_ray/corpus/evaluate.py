"""Score on a cluster: the sequences of a dataset are Ray tasks, with the same numbers as in one process."""

import itertools
from collections.abc import Iterator, Sequence

import cv2
import ray

from ike_ray.datasets.description import Protocol
from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.engine.cluster import use_ray
from ike_ray.evaluate.benchmark import Report, aggregate_sequences, evaluate_sequence
from ike_ray.evaluate.predictions import Predictions
from ike_ray.evaluate.scores import DatasetScores, SequenceScores

# A task has at least this many frames. Images are scored by the dozen, so that a task takes a second or more, not
# milliseconds.
_FRAMES_A_TASK = 50


def evaluate_corpus(
    predictions: Predictions,
    sequences: Sequence[AnnotatedSequence],
    protocol: Protocol,
    *,
    num_workers: int | None = None,
    report: Report = lambda scores: None,
) -> DatasetScores:
    """Return what `evaluate_predictions` returns, by `num_workers` tasks of one CPU at a time, or one for each CPU.

    As many tasks as workers are under way and none waits, so that this process holds no more than their numbers. Pixels are
    read where they are scored. `report` is called as tasks end, in no particular order. On a cluster, masks and truth are on
    storage that all machines see. The function uses the Ray that is running, connects to the cluster that the environment
    names, or starts Ray on this machine. It raises like `evaluate_predictions`, and `TransientError` if Ray gives up.
    """
    with use_ray("the scoring", what_next="the same command scores again"):
        at_once = num_workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        scored = dict(_list_scores(predictions, _split(sequences), protocol, at_once, report))
    return aggregate_sequences([scores for start in sorted(scored) for scores in scored[start]], protocol)


def _list_scores(
    predictions: Predictions, groups: Iterator[list[AnnotatedSequence]], protocol: Protocol, at_once: int, report: Report
) -> Iterator[tuple[int, list[SequenceScores]]]:
    """Yield the position of each group and its scores, as they come."""
    waiting = enumerate(groups)
    running: dict[ray.ObjectRef, int] = {}
    # The task is made here, so that the function keeps its name in this module and is sent by that name.
    task, shared = ray.remote(num_cpus=1)(_evaluate_group), ray.put(predictions)
    try:
        while True:
            for position, group in itertools.islice(waiting, at_once - len(running)):
                running[task.remote(shared, group, protocol)] = position
            if not running:
                return
            (done,), _ = ray.wait(list(running), num_returns=1)
            scored = ray.get(done)
            for scores in scored:
                report(scores)
            yield running.pop(done), scored
    finally:
        for left in running:  # some are left only if one of them failed
            ray.cancel(left)


def _evaluate_group(predictions: Predictions, sequences: list[AnnotatedSequence], protocol: Protocol) -> list[SequenceScores]:
    cv2.setNumThreads(1)
    return [evaluate_sequence(predictions, sequence, protocol) for sequence in sequences]


def _split(sequences: Sequence[AnnotatedSequence]) -> Iterator[list[AnnotatedSequence]]:
    """Yield neighbouring sequences that have enough frames together for one task."""
    group: list[AnnotatedSequence] = []
    for sequence in sequences:
        group.append(sequence)
        if sum(len(entry.scored_frames) for entry in group) >= _FRAMES_A_TASK:
            yield group
            group = []
    if group:
        yield group
