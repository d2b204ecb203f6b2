"""Scores of a system: every sequence, then the whole dataset."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ike_ray.datasets.description import Protocol
from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.errors import InputError
from ike_ray.evaluate.averages import Average, ClassScores, Metric, Over, SequenceScores, Statistic
from ike_ray.evaluate.predictions import Predictions
from ike_ray.evaluate.protocols import choose_scoring

Report = Callable[[SequenceScores], None]


@dataclass(frozen=True, kw_only=True)
class DatasetScores:
    """All sequences that count, and what is made of them."""

    sequences: tuple[SequenceScores, ...]
    left_out: tuple[str, ...]  # names of sequences in whose truth nothing is to be found
    classes: tuple[ClassScores, ...]
    averages: tuple[Average, ...]

    def find_average(self, over: Over, metric: Metric, statistic: Statistic = "mean") -> Average | None:
        """One of the averages; None where the protocol does not have it."""
        return next((average for average in self.averages if average.key == (over, metric, statistic)), None)

    @property
    def num_frames(self) -> int:
        """Scored frames of all sequences."""
        return sum(len(sequence.frame_names) for sequence in self.sequences)


def evaluate_predictions(
    predictions: Predictions,
    sequences: Sequence[AnnotatedSequence],
    protocol: Protocol,
    *,
    report: Report = lambda scores: None,
) -> DatasetScores:
    """Scores every sequence, calling `report` after each. A frame without a mask counts as an empty mask.

    Raises `InputError` where the system was never asked for a sequence, a mask has another size than the truth, or there is
    no mask of any frame.
    """
    scored = []
    for sequence in sequences:
        scored.append(evaluate_sequence(predictions, sequence, protocol))
        report(scored[-1])
    return aggregate_sequences(scored, protocol)


def evaluate_sequence(predictions: Predictions, sequence: AnnotatedSequence, protocol: Protocol) -> SequenceScores:
    """The scores of one sequence. Raises `InputError` like `evaluate_predictions`."""
    if not sequence.scored_frames:
        raise InputError(f"sequence {sequence.name} has no frame that is scored: expected more than two annotated frames")
    return choose_scoring(protocol).evaluate(predictions.list_masks(sequence.name), sequence)


def aggregate_sequences(scored: Sequence[SequenceScores], protocol: Protocol) -> DatasetScores:
    """The averages over the sequences in which something counts. Raises `InputError` where there is none, or no mask."""
    counted = [sequence for sequence in scored if sequence.frame_names]
    if not counted:
        raise InputError(
            f"nothing to score: in none of {len(scored)} sequences does the truth show an object. Check the split"
        )
    if all(sequence.num_missing == len(sequence.frame_names) and not sequence.failure for sequence in counted):
        first = counted[0]
        raise InputError(
            f"there is no mask of any frame that is scored: expected one of {first.name}, frame {first.frame_names[0]}, for "
            "example, found none. Name masks as the dataset's frames: <sequence>/<frame>.png, of images <image>.png"
        )
    scoring = choose_scoring(protocol)
    return DatasetScores(
        sequences=tuple(counted),
        left_out=tuple(sequence.name for sequence in scored if not sequence.frame_names),
        classes=tuple(scoring.list_classes(counted)),
        averages=tuple(scoring.average(counted)),
    )
