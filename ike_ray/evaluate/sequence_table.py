"""The table of one system: every sequence, every class, every average."""

from collections.abc import Iterator, Mapping, Sequence

from ike_ray.evaluate.averages import Metric, SequenceScores, Statistic
from ike_ray.evaluate.benchmark import Evaluation
from ike_ray.evaluate.score_table import Row, ScoreTable, format_names, format_value, name_average, name_statistic
from ike_ray.evaluate.semantic import count_seeds

# More sequences than these are too many to read: then the lowest are shown, and the Parquet files have all.
_MOST_SEQUENCES, _SHOWN_SEQUENCES = 60, 20

_Key = tuple[Metric, Statistic]


def build_sequence_table(evaluation: Evaluation) -> ScoreTable:
    """Rows of sequences, of classes where there are any, and of averages; below it what a reader has to know."""
    benchmark, scores = evaluation.benchmark, evaluation.scores
    keys = list(dict.fromkeys((average.metric, average.statistic) for average in scores.averages))
    shown = _choose_sequences(scores.sequences)
    sequence_rows = tuple(
        (_name_sequence(entry), str(len(entry.frame_names)), *_format_all(entry.statistics, keys)) for entry in shown
    )
    class_rows = tuple(
        (f"class {entry.name}", str(entry.num_frames), *_format_all(entry.statistics, keys)) for entry in scores.classes
    )
    average_rows = []
    for over in dict.fromkeys(average.over for average in scores.averages):
        values = {(average.metric, average.statistic): average.value for average in scores.averages if average.over == over}
        average_rows.append((name_average(over, benchmark.kind), str(scores.num_frames), *_format_all(values, keys)))
    is_cut = f"Shown: the {len(shown)} lowest of {len(scores.sequences)}." if 0 < len(shown) < len(scores.sequences) else ""
    return ScoreTable(
        title=f"{benchmark.dataset} {benchmark.split}: {evaluation.system.label}",
        columns=("image" if benchmark.kind == "image" else "sequence", "frames", *(name_statistic(*key) for key in keys)),
        has_remarks=False,
        sections=tuple(rows for rows in (sequence_rows, class_rows, tuple(average_rows)) if rows),
        notes=(*([is_cut] if is_cut else []), *list_notes(evaluation)),
    )


def list_notes(evaluation: Evaluation) -> Iterator[str]:
    """What a reader of scores has to know: failures, frames without a mask, what was merged or left out."""
    benchmark, scores = evaluation.benchmark, evaluation.scores
    for sequence in scores.sequences:
        if sequence.failure:
            yield f"{sequence.name} was scored as empty masks: {sequence.failure}"
    num_missing = sum(sequence.num_missing for sequence in scores.sequences)
    if num_missing:
        yield f"{evaluation.system.label}: {num_missing} of {scores.num_frames} frames have no mask and count as empty."
    num_seeds = count_seeds(scores.sequences) if benchmark.protocol == "semantic" else 1
    if num_seeds > 1:
        yield f"{evaluation.system.label}: means over {num_seeds} seeds of its clusters, each assigned by itself."
    if benchmark.merged:
        yield f"Several objects in the truth, merged into one foreground: {format_names(benchmark.merged)}."
    if scores.left_out:
        yield f"Left out, since their truth shows nothing to find: {format_names(scores.left_out)}."


def _choose_sequences(sequences: Sequence[SequenceScores]) -> list[SequenceScores]:
    """All of a few; of many those with the lowest first score; none where sequences have no scores."""
    if not sequences[0].statistics:
        return []
    if len(sequences) <= _MOST_SEQUENCES:
        return list(sequences)
    return sorted(sequences, key=lambda entry: next(iter(entry.statistics.values())))[:_SHOWN_SEQUENCES]


def _name_sequence(scores: SequenceScores) -> str:
    return f"{scores.name} ({scores.num_missing} missing)" if scores.num_missing else scores.name


def _format_all(values: Mapping[_Key, float], keys: Sequence[_Key]) -> Row:
    return tuple(format_value(values.get(key)) for key in keys)
