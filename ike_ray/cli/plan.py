"""`ike-ray plan`: what a corpus will take."""

import tempfile
from contextlib import ExitStack
from typing import Annotated

import typer
from rich.table import Table

from ike_ray.cli.console import open_console
from ike_ray.cli.progress import build_show
from ike_ray.cli.settings import ConfigOption, JobOption, SetOption
from ike_ray.config import WorkersConfig
from ike_ray.corpus.jobs import choose_job
from ike_ray.corpus.node_plan import NodeNeeds, count_workers, estimate_node, measure_usage
from ike_ray.corpus.plan import Plan, Spread, estimate_plan
from ike_ray.run.description import create_run
from ike_ray.settings_file import read_settings_file
from ike_ray.storage.files import read_path


def plan(
    source: Annotated[str, typer.Argument(metavar="MANIFEST", help="INPUT of `ike-ray segment`: a folder, a manifest, ...")],
    job_name: JobOption = "segment",
    config_file: ConfigOption = None,
    changes: SetOption = None,
    sample: Annotated[int, typer.Option("--sample", min=1, help="Videos to segment. More make the spread smaller.")] = 8,
    count: Annotated[int, typer.Option("--count", min=1, help="Videos whose frames are counted, by header.")] = 200,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Workers that will run at once.")] = 1,
    price: Annotated[
        float | None,
        typer.Option("--price", min=0, help="The price of a worker's hour: a machine's price over the workers it holds."),
    ] = None,
    gpu: Annotated[
        int | None,
        typer.Option("--gpu", metavar="GPUS", min=1, help="Also say what a node with so many GPUs needs to keep them busy."),
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", metavar="RUN", help="Keep the sample in this run folder; `segment` continues it.")
    ] = None,
) -> None:
    """Segment a sample of a corpus here and estimate hours, storage and cost of the whole, with their spread.

    Run it on a machine like those that will do the work. Ranges hold 90 % of bootstrap resamples of the sample.
    """
    job = choose_job(job_name)
    changes = [*(changes or []), *(["output.profile=true"] if gpu else [])]
    config = job.identify(read_settings_file(job.settings, config_file, changes))
    num_workers = count_workers(config.workers, gpu) if gpu else None
    refs = job.list_items(source)
    console = open_console()
    with ExitStack() as stack:
        folder = read_path(out) if out else stack.enter_context(tempfile.TemporaryDirectory(prefix="ike-ray-plan-"))
        run = create_run(folder, config, source, refs)
        show = build_show(console, min(sample, len(refs)), job.nouns)
        found = estimate_plan(job, refs, run, config, sample=sample, count=count, show=show)
        usage = measure_usage(run, refs) if num_workers else None
    console.print(_build_table(found, config.workers, workers, price))
    console.print(
        f"From {found.num_sampled} videos segmented here ({found.num_failed} failed) and {found.num_counted} counted. "
        "Start-up, waiting for machines and work done again after a loss are not in it."
    )
    if usage is not None and num_workers is not None:
        needs = estimate_node(usage, config.workers, num_workers)
        console.print(_build_node_table(needs, found.frames, f"a node of {gpu} GPUs"))
        console.print("It holds if no worker waits for another. Cores, memory and disk of Ray and of the system come on top.")


def _build_table(plan: Plan, config: WorkersConfig, num_workers: int, price: float | None) -> Table:
    table = Table("", "low", "estimate", "high", title=f"{plan.num_videos} videos")
    rows: list[tuple[str, Spread, float]] = [
        ("frames", plan.frames, 1.0),
        ("worker hours", plan.worker_hours, 1.0),
        (f"hours with {num_workers} workers", plan.worker_hours, 1 / num_workers),
        ("GPU hours", plan.worker_hours, config.num_gpus),
        ("storage, GB", plan.storage_gb, 1.0),
    ]
    if price is not None:
        rows.append((f"cost at {price:g} a worker hour", plan.worker_hours, price))
    for name, spread, factor in rows:
        table.add_row(name, *(f"{value * factor:,.3g}" for value in (spread.low, spread.middle, spread.high)))
    return table


def _build_node_table(needs: NodeNeeds, frames: Spread, title: str) -> Table:
    table = Table("", "estimate", title=title)
    rows = {
        "workers": needs.num_workers,
        "frames a second": needs.frames_per_s,
        "hours for the corpus, with one such node": frames.middle / needs.frames_per_s / 3600,
        "cores that compute": needs.busy_cores,
        "cores that the settings reserve": needs.reserved_cores,
        "memory of the workers, GB": needs.memory_gb,
        "memory of each GPU, GB": needs.gpu_memory_gb,
        "read from the storage, MB/s": needs.read_mb_per_s,
        "written to RUN, MB/s": needs.written_mb_per_s,
        "local disk for copies of videos, GB": needs.copies_gb,
    }
    for name, value in rows.items():
        table.add_row(name, "unknown" if value is None else f"{value:,.3g}")
    return table
