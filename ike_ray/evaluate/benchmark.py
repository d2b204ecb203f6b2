"""What systems are scored on, and the record of one system's scores there."""

from dataclasses import dataclass

from ike_ray.datasets.description import Kind, Protocol
from ike_ray.datasets.open import DatasetName, list_sequences, read_description
from ike_ray.datasets.sequence import AnnotatedSequence, TrueFrame
from ike_ray.evaluate.scores import DatasetScores
from ike_ray.evaluate.system import System


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A split of a dataset, as it lies in a folder, and the rules for it."""

    dataset: DatasetName
    split: str
    usual_split: str  # what published figures are of
    root: str
    kind: Kind
    protocol: Protocol
    merged: tuple[str, ...]  # names of sequences whose several objects count as one
    sequences: tuple[AnnotatedSequence, ...]

    @property
    def num_frames(self) -> int:
        """Annotated frames that are scored at most."""
        return sum(len(sequence.scored_frames) for sequence in self.sequences)


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """One system on one benchmark."""

    benchmark: Benchmark
    system: System
    scores: DatasetScores


def open_benchmark(name: DatasetName, root: str, split: str | None = None) -> Benchmark:
    """The benchmark below `root`, of the usual split where none is named.

    Raises `InputError` showing the expected tree where `root` is not the dataset.
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
        merged=tuple(merged) if description.protocol in ("regions", "classes", "saliency", "images") else (),
        sequences=tuple(sequences),
    )


def _has_several(frame: TrueFrame) -> bool:
    """Whether the truth of a frame tells objects apart: by a file for each, or a colour."""
    return len(frame.mask_uris) > 1 or len(frame.codes) > 1
