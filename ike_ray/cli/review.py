"""`ike-ray review`: what a person said of a run's masks."""

from typing import Annotated

import typer
from rich.table import Column, Table

from ike_ray.cli.console import open_console
from ike_ray.corpus.jobs import choose_job
from ike_ray.report.reviews import NUM_BANDS, Band, ReviewSummary, read_review_summary
from ike_ray.run.description import open_run, read_job
from ike_ray.run.review_file import read_review_file
from ike_ray.run.reviews import add_reviews
from ike_ray.storage.files import read_path


def review(
    source: Annotated[str, typer.Argument(metavar="RUN", help="A run folder, local or s3://.")],
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="review.json",
            help="The file that the run's page saves. Without it, nothing is written and the table is shown.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Put verdicts on the masks of RUN into it, and show what share of each band of confidence was accepted.

    Open the page of the run (`ike-ray report RUN`), look at videos, accept each with the key A or reject it with R, and save
    review.json there. This command checks that file and merges it into RUN/reviews.parquet. Of two verdicts on one video the
    later one stays, so several people may review, and a file may be given twice.

    Then `ike-ray export --reviewed` writes the accepted videos alone, `ike-ray evaluate --reviewed` scores them alone, and
    `ike-ray train --set samples.only_accepted=true` learns from them alone. A verdict chooses videos. It is never a label of
    pixels.

    In the table the interval says where the share of a whole band probably lies. From which confidence on is it high enough
    for you? It can only tell if the reviewed videos of a band are a random choice: sort the page by `at random`.
    """
    run = open_run(read_path(source))
    console = open_console()
    if file is not None:
        found = read_review_file(read_path(file))
        num_new = add_reviews(run, found)
        console.print(
            f"{file} has {len(found.reviews)} verdicts. {num_new} of them were new to {run.uri}.",
            soft_wrap=True,
            markup=False,
        )
    nouns = choose_job(read_job(run.uri)).nouns
    summary = read_review_summary(run)
    total = summary.total
    console.print(build_review_table(summary, nouns))
    reasons = ", ".join(f"{name} {number}" for name, number in summary.reasons.items() if number)
    if reasons:
        console.print(f"Rejected for: {reasons}.")
    if not total.num_reviewed:
        console.print(
            f"Nobody has reviewed {run.uri} yet. Next: ike-ray report {run.uri}, look at {nouns} there, and save review.json",
            soft_wrap=True,
            markup=False,
        )
    elif total.num_accepted:
        next_step = f"ike-ray export {run.uri} --to coco --out accepted.json --reviewed"
        console.print(f"Next, with the accepted {nouns} alone: {next_step}", soft_wrap=True, markup=False)


def build_review_table(summary: ReviewSummary, nouns: str) -> Table:
    """Return what was accepted in each band of confidence that has videos, and of all."""
    names = (nouns, "reviewed", "accepted", "share", "95 % interval")
    table = Table("confidence", *(Column(name, justify="right") for name in names))
    for number, band in enumerate(summary.bands):
        if band.num_videos:
            table.add_row(f"{number / NUM_BANDS:.1f} to {(number + 1) / NUM_BANDS:.1f}", *_list_cells(band))
    table.add_section()
    table.add_row("all", *_list_cells(summary.total))
    return table


def _list_cells(band: Band) -> tuple[str, str, str, str, str]:
    counts = (str(band.num_videos), str(band.num_reviewed), str(band.num_accepted))
    if band.interval is None:
        return *counts, "", ""
    low, high = band.interval
    return *counts, f"{band.num_accepted / band.num_reviewed:.2f}", f"{low:.2f} to {high:.2f}"
