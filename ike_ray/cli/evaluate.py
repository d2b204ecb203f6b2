"""`ike-ray evaluate`: masks against a dataset."""

from typing import Annotated

import typer

from ike_ray.cli.console import open_console
from ike_ray.cli.tables import build_score_table
from ike_ray.datasets.open import DatasetName, list_sequences
from ike_ray.evaluate.predictions import open_predictions
from ike_ray.evaluate.scores import evaluate_predictions
from ike_ray.evaluate.write import write_scores
from ike_ray.storage.files import is_file, join_uri, read_path


def evaluate(
    source: Annotated[
        str,
        typer.Argument(metavar="RUN", help="A run folder, or any system's PNG masks: FOLDER/<sequence>/00000.png."),
    ],
    root: Annotated[str, typer.Option("--root", help="The dataset's folder, laid out as its authors publish it.")],
    dataset: Annotated[DatasetName, typer.Option("--dataset", help="Whose protocol.")] = "davis2016",
    split: Annotated[str, typer.Option("--split", help="The dataset's split, such as val or train.")] = "val",
    out: Annotated[
        str | None,
        typer.Option("--out", help="Where metrics/ and summary.json go. Left out: into RUN, and nowhere for PNG masks."),
    ] = None,
) -> None:
    """Score masks against the truth: J and F of every sequence, both averages."""
    source = read_path(source)
    sequences = list_sequences(dataset, read_path(root), split)
    predictions = open_predictions(source)
    console = open_console()
    with console.status("scoring") as status:
        scores = evaluate_predictions(
            predictions, sequences, report=lambda done: status.update(f"scoring: {done.name}, J {done.j.mean:.3f}")
        )
    console.print(build_score_table(scores, f"{dataset} {split}"))
    for sequence in scores.sequences:
        if sequence.failure:
            console.print(f"{sequence.name} was scored as empty masks: {sequence.failure}", markup=False)
    folder = read_path(out) if out else source if is_file(join_uri(source, "run.yaml")) else None
    if folder:
        write_scores(folder, scores, system=source, dataset=dataset, split=split, root=read_path(root))
        console.print(f"Wrote {folder}/summary.json and {folder}/metrics/", soft_wrap=True)
