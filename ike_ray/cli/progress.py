"""The progress of a corpus run, a training or an evaluation, as a bar on a terminal or lines in a log."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ike_ray.evaluate.scores import SequenceScores

logger = logging.getLogger(__name__)

# A log gets a line at most this often, but every video that did not end well gets one.
_LOG_EVERY_S = 15.0


class CorpusProgress:
    """Counts outcomes and shows videos done, failed, frames a second and the time left."""

    def __init__(self, num_videos: int, bar: Progress | None, nouns: str = "videos") -> None:
        self.num_videos, self.num_done, self.num_frames = num_videos, 0, 0
        self.counts = {"ok": 0, "failed": 0, "skipped": 0}
        self._bar, self._nouns = bar, nouns
        self._task = bar.add_task("", total=num_videos, state="starting") if bar else None
        self._started_s = time.monotonic()
        self._logged_s = self._started_s

    def report(self, outcome: dict[str, Any]) -> None:
        """Take the next outcome."""
        self.num_done += 1
        self.num_frames += outcome["frames"] or 0
        self.counts[outcome["status"]] += 1
        if outcome["status"] != "ok":
            self._say(f"{outcome['status']}: {outcome['video_id']}: {outcome['error_type']}: {outcome['error_message']}")
        elif outcome["warning"]:
            self._say(f"ok, but: {outcome['video_id']}: {outcome['warning']}")
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self.num_done, state=self._describe())
        elif time.monotonic() - self._logged_s >= _LOG_EVERY_S or self.num_done == self.num_videos:
            self._logged_s = time.monotonic()
            left_s = self.seconds / self.num_done * (self.num_videos - self.num_done)
            done = f"{self.num_done} of {self.num_videos} {self._nouns}"
            logger.info("%s, %s, about %.0f s left", done, self._describe(), left_s)

    @property
    def seconds(self) -> float:
        """Return the seconds since the run started."""
        return time.monotonic() - self._started_s

    def _describe(self) -> str:
        return (
            f"{self.counts['failed']} failed, {self.counts['skipped']} skipped, "
            f"{self.num_frames / max(self.seconds, 1e-6):.2f} frames/s"
        )

    def _say(self, message: str) -> None:
        if self._bar is not None:
            self._bar.console.print(message, markup=False, highlight=False)
        else:
            logger.warning(message)


Report = Callable[[dict[str, Any]], None]


def build_show(console: Console, num_videos: int, nouns: str = "videos") -> Callable[[int], AbstractContextManager[Report]]:
    """Return a function of the number of missing videos, which says how many of `num_videos` are done and shows progress."""

    @contextmanager
    def show(num_missing: int) -> Iterator[Report]:
        if num_missing < num_videos:
            console.print(f"{num_videos - num_missing} of {num_videos} {nouns} are done already.")
        with show_progress(num_missing, console, nouns) as progress:
            yield progress.report

    return show


@contextmanager
def show_progress(num_videos: int, console: Console, nouns: str = "videos") -> Iterator[CorpusProgress]:
    """Yield a progress to report outcomes to. It is a bar if `console` is a terminal, and log lines elsewhere."""
    if not console.is_terminal:
        yield CorpusProgress(num_videos, None, nouns)
        return
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[state]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        yield CorpusProgress(num_videos, bar, nouns)


@contextmanager
def show_training(num_steps: int, console: Console) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Yield a function that a training calls with each report. It shows a bar on a terminal, and a line in a log."""
    columns = (TextColumn("step"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[state]}"))
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=num_steps, state="starting")

        def watch(row: dict[str, Any]) -> None:
            iou = "" if row["held_out_iou"] is None else f", IoU with held-out masks {row['held_out_iou']:.3f}"
            state = f"loss {row['loss']:.3f}{iou}, {row['samples_per_s']:.1f} frames/s"
            bar.update(task, completed=row["step"], state=state)
            if not console.is_terminal:
                logger.info("step %d of %d: %s", row["step"], num_steps, state)

        yield watch


@contextmanager
def show_scoring(label: str, num_sequences: int, console: Console) -> Iterator[Callable[[SequenceScores], None]]:
    """Yield a function to call with each scored sequence. It shows a bar on a terminal, and now and then a line in a log."""
    columns = (TextColumn(escape(label)), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[last]}"))
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("", total=num_sequences, last="")
        logged_s = time.monotonic()
        num_done = 0

        def report(scores: SequenceScores) -> None:
            nonlocal num_done, logged_s
            num_done += 1
            bar.update(task, completed=num_done, last=escape(scores.name))
            if not console.is_terminal and time.monotonic() - logged_s >= _LOG_EVERY_S:
                logged_s = time.monotonic()
                logger.info("%s: %d of %d scored", label, num_done, num_sequences)

        yield report
