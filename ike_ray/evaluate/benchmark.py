"""What systems are scored on, how one is scored there, and how several stand side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ike_ray.datasets.description import Kind, Protocol
from ike_ray.datasets.open import DatasetName, list_sequences, read_description
from ike_ray.datasets.sequence import AnnotatedSequence, TrueFrame
from ike_ray.errors import InputError
from ike_ray.evaluate.predictions import Predictions
from ike_ray.evaluate.protocols import choose_scoring
from ike_ray.evaluate.scores import Average, DatasetScores, Key, SequenceScores
from ike_ray.evaluate.system import System
from ike_ray.metrics.bootstrap import Difference, estimate_difference
from ike_ray.run.folder import RunFolder
from ike_ray.run.reviews import list_accepted
from ike_ray.video.manifest import read_sequence_name

Report = Callable[[SequenceScores], None]


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A split of a dataset, in a folder, and the rules for scoring it."""

    dataset: DatasetName
    split: str
    usual_split: str  # published figures are of this split
    root: str
    kind: Kind
    protocol: Protocol
    merged: tuple[str, ...]  # names of sequences whose several objects count as one
    sequences: tuple[AnnotatedSequence, ...]
    num_unchosen: int | None = None  # sequences that are left out because no person accepted them; None if all count

    @property
    def num_frames(self) -> int:
        """Return the largest number of annotated frames that can be scored."""
        return sum(len(sequence.scored_frames) for sequence in self.sequences)


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """One system on one benchmark."""

    benchmark: Benchmark
    system: System
    scores: DatasetScores


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One or more systems, the averages by which they are compared, and the gap of each system to the first."""

    evaluations: tuple[Evaluation, ...]
    headline: tuple[Key, ...]  # the published kind of average first
    gaps: tuple[dict[Key, Difference], ...]  # of each system but the first, in order

    @property
    def first(self) -> Evaluation:
        """Return the system to which the others are compared."""
        return self.evaluations[0]


def open_benchmark(name: DatasetName, root: str, split: str | None = None) -> Benchmark:
    """Return the benchmark below `root`, of the usual split if none is named.

    Raises `InputError`, which shows the expected tree, if `root` is not the dataset.
    """
    description = read_description(name)
    split = split or description.splits[0]
    sequences = list_sequences(name, root, split)
    merged = [sequence.name for sequence in sequences if any(_has_several(frame) for frame in sequence.scored_frames)]
    return Benchmark(
        dataset=name,
        split=split,
        usual_split=description.splits[0],
        root=root,
        kind=description.kind,
        protocol=description.protocol,
        merged=tuple(merged) if choose_scoring(description.protocol).is_one_foreground else (),
        sequences=tuple(sequences),
    )


def choose_accepted(benchmark: Benchmark, run: RunFolder) -> Benchmark:
    """Return the benchmark with only those sequences whose masks in `run` a person accepted.

    Scores on them say how good the chosen masks are. They are no scores of the method, since the choice looked at them.
    Raises `InputError` if no sequence of the benchmark is accepted.
    """
    accepted = list_accepted(run)
    names = accepted | {read_sequence_name(video_id) for video_id in accepted}
    sequences = tuple(own for own in benchmark.sequences if {own.name, own.name.rpartition("/")[2]} & names)
    if not sequences:
        raise InputError(
            f"nothing to score in {run.uri}: expected accepted videos among the {len(benchmark.sequences)} sequences of "
            f"{benchmark.dataset} {benchmark.split}, found none among the {len(accepted)} that a person accepted. Review "
            "some of them, or leave out --reviewed"
        )
    kept = {own.name for own in sequences}
    merged = tuple(name for name in benchmark.merged if name in kept)
    num_unchosen = len(benchmark.sequences) - len(sequences)
    return replace(benchmark, sequences=sequences, merged=merged, num_unchosen=num_unchosen)


def _has_several(frame: TrueFrame) -> bool:
    """Tell whether the truth of a frame keeps objects apart: by a file for each, or by a colour."""
    return len(frame.mask_uris) > 1 or len(frame.codes) > 1


def evaluate_predictions(
    predictions: Predictions,
    sequences: Sequence[AnnotatedSequence],
    protocol: Protocol,
    *,
    report: Report = lambda scores: None,
) -> DatasetScores:
    """Score every sequence, and call `report` after each. A frame without a mask counts as an empty mask.

    Raises `InputError` if the system was never asked for a sequence, if a mask has another size than the truth, or if there
    is no mask of any frame.
    """
    scored = []
    for sequence in sequences:
        scored.append(evaluate_sequence(predictions, sequence, protocol))
        report(scored[-1])
    return aggregate_sequences(scored, protocol)


def evaluate_sequence(predictions: Predictions, sequence: AnnotatedSequence, protocol: Protocol) -> SequenceScores:
    """Return the scores of one sequence. Raises `InputError` as `evaluate_predictions` does."""
    if not sequence.scored_frames:
        raise InputError(f"sequence {sequence.name} has no frame that is scored: expected more than two annotated frames")
    return choose_scoring(protocol).evaluate(predictions.list_masks(sequence.name), sequence)


def aggregate_sequences(scored: Sequence[SequenceScores], protocol: Protocol) -> DatasetScores:
    """Return the averages over the sequences in which something counts.

    Raises `InputError` if there is no such sequence, or no mask.
    """
    counted = [sequence for sequence in scored if sequence.frame_names]
    if not counted:
        raise InputError(
            f"nothing to score: expected sequences whose truth shows an object, found none in {len(scored)}. Check the split"
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


def build_comparison(evaluations: Sequence[Evaluation]) -> Comparison:
    """Return the comparison of systems that were scored on the same benchmark."""
    first = evaluations[0]
    headline = [
        key
        for key in choose_scoring(first.benchmark.protocol).headline
        if all(entry.scores.find_average(*key) for entry in evaluations)
    ]
    gaps = [
        {key: estimate_difference(find_average(entry, key).sample, find_average(first, key).sample) for key in headline}
        for entry in evaluations[1:]
    ]
    return Comparison(evaluations=tuple(evaluations), headline=tuple(headline), gaps=tuple(gaps))


def find_average(evaluation: Evaluation, key: Key) -> Average:
    """Return an average of the headline, which all systems have."""
    average = evaluation.scores.find_average(*key)
    assert average is not None
    return average
