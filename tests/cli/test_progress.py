import logging

import numpy as np
import pytest
from rich.console import Console

from ike_ray.cli import progress as progress_module
from ike_ray.cli.progress import show_progress, show_scoring
from ike_ray.evaluate.scores import SequenceScores

OK = {"status": "ok", "video_id": "a", "frames": 30, "warning": None, "error_type": None, "error_message": None}
FAILED = OK | {"status": "failed", "frames": None, "error_type": "InputError", "error_message": "broken"}


@pytest.fixture(autouse=True)
def _log(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    logger = logging.getLogger("ike_ray")
    monkeypatch.setattr(logger, "propagate", True)
    caplog.set_level(logging.INFO, "ike_ray")


def test_a_log_gets_lines(caplog: pytest.LogCaptureFixture) -> None:
    with show_progress(2, Console(force_terminal=False)) as progress:
        progress.report(FAILED)
        progress.report(OK)
    assert "failed: a: InputError: broken" in caplog.text
    assert "2 of 2 videos, 1 failed, 0 skipped" in caplog.text
    assert "frames/s" in caplog.text
    assert "left" in caplog.text


def test_a_terminal_gets_a_bar() -> None:
    console = Console(force_terminal=True, width=120, record=True)
    with show_progress(2, console) as progress:
        progress.report(FAILED)
        progress.report(OK | {"warning": "breaks off"})
    said = console.export_text()
    assert "failed: a: InputError: broken" in said
    assert "ok, but: a: breaks off" in said
    assert "2/2" in said
    assert "1 failed, 0 skipped" in said


def build_scores(name: str) -> SequenceScores:
    return SequenceScores(
        name=name,
        class_name=None,
        frame_names=("0",),
        frames={"j": np.ones(1)},
        statistics={("j", "mean"): 1.0},
        details=np.zeros((0, 0)),
        num_missing=0,
        failure=None,
    )


def test_scoring_shows_a_bar_on_a_terminal() -> None:
    console = Console(force_terminal=True, width=120, record=True)
    with show_scoring("[mine]", 2, console) as report:
        report(build_scores("bear"))
        report(build_scores("[dog]"))
    said = console.export_text()
    assert "[mine]" in said
    assert "2/2 [dog]" in said


def test_scoring_writes_a_line_in_a_log_now_and_then(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    console = Console(force_terminal=False)
    with show_scoring("mine", 2, console) as report:
        report(build_scores("bear"))
    assert not caplog.text
    monkeypatch.setattr(progress_module, "_LOG_EVERY_S", 0.0)
    with show_scoring("mine", 2, console) as report:
        report(build_scores("bear"))
    assert "mine: 1 of 2 scored" in caplog.text
