"""`ike-ray evaluate`: masks against a dataset."""

from typing import Annotated

import typer
from rich.console import Console

from ike_ray.cli.console import open_console
from ike_ray.cli.progress import show_scoring
from ike_ray.cli.tables import build_score_table
from ike_ray.corpus.evaluate import evaluate_corpus
from ike_ray.datasets.open import DatasetName
from ike_ray.errors import ConfigError
from ike_ray.evaluate.benchmark import (
    Benchmark,
    Evaluation,
    build_comparison,
    choose_accepted,
    evaluate_predictions,
    open_benchmark,
)
from ike_ray.evaluate.predictions import Predictions, is_run, open_predictions
from ike_ray.evaluate.scores import DatasetScores
from ike_ray.evaluate.system import System, list_systems
from ike_ray.evaluate.tables import ScoreTable, build_comparison_table, build_sequence_table
from ike_ray.evaluate.write import write_comparison, write_evaluation
from ike_ray.run.description import open_run
from ike_ray.run.folder import RunFolder
from ike_ray.storage.files import read_path

# Scoring takes 20 to 50 ms for a frame of 480p. With more frames it takes minutes, and Ray starts in seconds.
_MANY_FRAMES = 5000


def evaluate(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SYSTEM",
            help="A run folder, or any system's PNG files: FOLDER/<sequence>/<frame>.png, for images FOLDER/<image>.png. "
            "LABEL=PATH names it. Several are compared with the first.",
        ),
    ],
    root: Annotated[str, typer.Option("--root", help="The dataset's folder, laid out as its authors publish it.")],
    dataset: Annotated[
        DatasetName,
        typer.Option("--dataset", metavar="NAME", help="The dataset, which is one that `ike-ray datasets` lists."),
    ] = "davis2016",
    split: Annotated[
        str | None, typer.Option("--split", help="The dataset's split. Without it, the one that is usually reported on.")
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            help="Where the results go. Without it they go into the run if that is the only system, and else nowhere.",
        ),
    ] = None,
    supervision: Annotated[
        list[str] | None,
        typer.Option(
            "--supervision",
            metavar="LABEL=KIND",
            help="Human labels that the system LABEL was trained with: none; pretraining, of other things; masks, of "
            "objects. Repeat for more.",
        ),
    ] = None,
    is_reviewed: Annotated[
        bool,
        typer.Option(
            "--reviewed",
            help="Score only sequences whose masks a person accepted in the first SYSTEM, a run: see `ike-ray review`. The "
            "tables say so.",
        ),
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            min=1,
            help="Sequences scored at once, by Ray. Without it 1, or as many as there are CPUs for a "
            f"dataset of {_MANY_FRAMES} frames and more.",
        ),
    ] = None,
) -> None:
    """Score masks of one or several systems against the truth, by the dataset's protocol, beside published figures.

    Every average has a 95 % interval, from a bootstrap over sequences; so has the difference of each system to the first.
    """
    systems = list_systems(sources, supervision or [])
    if len(systems) > 1 and not out:
        raise ConfigError(
            f"{len(systems)} systems to compare: expected --out, a folder for the results, found none. Name one"
        )
    benchmark = open_benchmark(dataset, read_path(root), split)
    if is_reviewed:
        benchmark = choose_accepted(benchmark, _open_reviewed(systems[0].uri))
    predictions = [open_predictions(system.uri, benchmark.kind) for system in systems]
    console = open_console()
    evaluations = [
        Evaluation(benchmark=benchmark, system=system, scores=_score(system, found, benchmark, workers, console))
        for system, found in zip(systems, predictions, strict=True)
    ]
    comparison = build_comparison(evaluations)
    tables = [build_sequence_table(evaluations[0])] if len(systems) == 1 else []
    _print_tables(console, [*tables, build_comparison_table(comparison)])
    source = systems[0].uri
    folder = read_path(out) if out else source if is_run(source) else None
    if folder and len(evaluations) == 1:
        write_evaluation(folder, evaluations[0])
        console.print(f"Wrote {folder}/summary.json, scores.md, scores.tex and metrics/", soft_wrap=True)
    elif folder:
        write_comparison(folder, comparison)
        console.print(f"Wrote {folder}/comparison.json, .md, .tex and a folder of each system's scores", soft_wrap=True)


def _open_reviewed(uri: str) -> RunFolder:
    if not is_run(uri):
        raise ConfigError(
            f"--reviewed needs verdicts on masks: expected a run as the first SYSTEM, found {uri}, which is none. Name a run "
            "that `ike-ray review` filled, or leave out --reviewed"
        )
    return open_run(uri)


def _score(
    system: System, predictions: Predictions, benchmark: Benchmark, workers: int | None, console: Console
) -> DatasetScores:
    sequences, protocol = benchmark.sequences, benchmark.protocol
    with show_scoring(system.label, len(sequences), console) as report:
        if (workers or 1) > 1 or (workers is None and benchmark.num_frames >= _MANY_FRAMES):
            return evaluate_corpus(predictions, sequences, protocol, num_workers=workers, report=report)
        return evaluate_predictions(predictions, sequences, protocol, report=report)


def _print_tables(console: Console, tables: list[ScoreTable]) -> None:
    """Print the tables, and below them the notes of all."""
    for table in tables:
        console.print(build_score_table(table))
    for note in dict.fromkeys(note for table in tables for note in table.notes):
        console.print(note, markup=False)
