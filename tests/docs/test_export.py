"""What docs/howto/export.md says to type is typed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from ike_ray.cli.app import main
from ike_ray.export.formats import ExportFormat
from tests.docs.pages import list_blocks, list_commands
from tests.drawn_run import DrawnRun

BLOCKS = [block for block in list_blocks("howto/export") if block.language == "python"]


@pytest.fixture
def exported(drawn_run: DrawnRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DrawnRun:
    """Every command of the page was run, in one folder."""
    monkeypatch.chdir(tmp_path)
    for command in list_commands("howto/export", {"RUN": "run", "VIDEOS": "videos"}):
        assert command[0] == "ike-ray"
        with pytest.raises(SystemExit) as caught:
            main(command[1:])
        assert not caught.value.code, command
    return drawn_run


def check_davis(names: dict[str, Any], drawn_run: DrawnRun) -> None:
    np.testing.assert_array_equal(names["numbers"], drawn_run.masks["bear"][0])
    np.testing.assert_array_equal(names["mask"], drawn_run.masks["bear"][0])


def check_coco(names: dict[str, Any], drawn_run: DrawnRun) -> None:
    assert len(names["coco"].getAnnIds()) == 11
    assert names["mask"].sum() == names["annotation"]["area"] > 0


def check_ytvis(names: dict[str, Any], drawn_run: DrawnRun) -> None:
    assert len(names["ytvis"].getAnnIds()) == 4
    assert names["mask"].sum() == [area for area in names["track"]["areas"] if area is not None][-1]


def check_cutout(names: dict[str, Any], drawn_run: DrawnRun) -> None:
    np.testing.assert_array_equal(names["alpha"], drawn_run.masks["bear"][0] * 255)


def check_fiftyone(names: dict[str, Any], drawn_run: DrawnRun) -> None:
    assert len(names["dataset"]) == 3
    assert names["mask"].any()


def check_cvat(names: dict[str, Any], drawn_run: DrawnRun) -> None:
    assert sum(names["runs"][1::2]) == drawn_run.masks["bear"][0].sum()


CHECKS: dict[str, Callable[[dict[str, Any], DrawnRun], None]] = {
    "davis, davis2016": check_davis,
    "coco": check_coco,
    "ytvis": check_ytvis,
    "mp4, cutout": check_cutout,
    "fiftyone": check_fiftyone,
    "cvat": check_cvat,
}


@pytest.mark.filterwarnings("ignore")  # of optional packages
def test_the_code_reads_what_the_commands_wrote(
    exported: DrawnRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FIFTYONE_DATABASE_DIR", f"{tmp_path}/database")
    monkeypatch.setenv("FIFTYONE_DO_NOT_TRACK", "1")
    assert [block.heading for block in BLOCKS] == list(CHECKS)
    num_run = 0
    for block in BLOCKS:
        if block.needs is None or is_installed(block.needs):
            names: dict[str, Any] = {}
            exec(block.text, names)
            CHECKS[block.heading](names, exported)
            num_run += 1
    assert num_run >= len(BLOCKS) - 1


def is_installed(package: str) -> bool:
    try:
        __import__(package)
    except ModuleNotFoundError:
        return False
    return True


def test_every_format_has_its_command() -> None:
    commands = list_commands("howto/export", {})
    assert {command[command.index("--to") + 1] for command in commands} == set(get_args(ExportFormat))
