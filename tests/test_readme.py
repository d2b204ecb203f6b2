"""What the README says to type is typed."""

import itertools
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas
import pytest

from ike_ray.cli.app import main
from ike_ray.datasets.synthetic import SPLIT, write_drawn_dataset
from tests.drawn_images import SMALL as SMALL_PHOTO
from tests.drawn_images import write_duts

REPOSITORY = Path(__file__).parents[1]
README = (REPOSITORY / "README.md").read_text()
SMALL = ["video.working_size_px=[32, 48]", "network.num_steps=3", "graph.published.max_iterations=2", "workers.num_workers=2"]


def list_blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def list_commands() -> list[list[str]]:
    lines = [line for block in list_blocks("bash") for line in block.splitlines() if line.strip()]
    return [shlex.split(line, comments=True) for line in lines]


@pytest.fixture
def place(tmp_path: Path) -> Callable[[str], str]:
    """Puts real folders where the README has placeholders."""
    write_drawn_dataset(f"{tmp_path}/drawn", num_frames=3)
    write_duts(tmp_path / "duts", 1)
    places = {"VIDEOS": f"{tmp_path}/drawn/JPEGImages/480p", "DAVIS": f"{tmp_path}/drawn", "RUN": f"{tmp_path}/run"}
    places |= {"IMAGES": f"{tmp_path}/duts/DUTS-TE/DUTS-TE-Image", "FOUND": f"{tmp_path}/found"}

    def replace(text: str) -> str:
        for name, folder in places.items():
            text = re.sub(rf"\b{name}\b", folder, text)
        return text.replace("configs/", f"{REPOSITORY}/configs/")

    return replace


@pytest.mark.ray
@pytest.mark.timeout(500)  # a dozen commands, one after the other
@pytest.mark.usefixtures("local_ray")
def test_the_commands_and_the_code_run(
    place: Callable[[str], str], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # for coco.json
    # `submit` needs a cluster: tests/cli/test_submit.py starts one. What takes long is run once, with its own page.
    elsewhere = {"submit": "", "train": "train", "predict": "predict"}
    for command in list_commands():
        page = elsewhere.get(command[1]) if command[0] == "ike-ray" else None
        assert not page or shlex.join(command[:3]) in (REPOSITORY / "docs" / "jobs" / f"{page}.md").read_text()
    commands = [command for command in list_commands() if command[0] == "ike-ray" and command[1] not in elsewhere]
    assert {command[1] for command in commands} >= {"segment", "plan", "status", "report", "evaluate", "settings"}
    for command in commands:
        arguments = [
            SPLIT if before == "--split" and part in ("val", "train") else place(part)
            for before, part in itertools.pairwise(command)
        ]
        small = {
            "segment": SMALL,
            "plan": SMALL,
            "spectral": [*SMALL_PHOTO, "workers.num_workers=1"],
        }
        for setting in small.get(command[1], []):
            arguments += ["--set", setting]
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert not caught.value.code, (command, capsys.readouterr().err)
    for block in list_blocks("python"):
        namespace: dict[str, object] = {"pandas": pandas}
        exec(place(block), namespace)
        assert namespace["mask"].shape == (180, 320)
    for block in list_blocks("sql"):
        query = place(block).partition(";")[0]
        assert [row[0] for row in duckdb.sql(query).fetchall()] == ["ok"]


def check_options(command: list[str]) -> None:
    """That `python -m MODULE` knows the options that are given to it."""
    run = [sys.executable, *command[1:3], "--help"]
    known = subprocess.run(run, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    for option in command[3:]:
        assert not option.startswith("--") or option in known, command


def test_every_other_command_exists() -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    for command in list_commands():
        if command[0] == "make":
            assert re.search(rf"^{command[1]}:", makefile, flags=re.MULTILINE), command
        elif command[0] == "python":
            check_options(command)
        else:
            assert command[0] in ("ike-ray", "pip", "ray", ".venv/bin/pytest"), command
    for script in re.findall(r"(?:benchmarks|jobs)/\w+\.py", README):
        assert (REPOSITORY / script).is_file()


def test_no_figure_is_missing() -> None:
    assert not re.findall(r"^[A-Z_]{5,}$|: [A-Z]{5,}$", README, flags=re.MULTILINE)


def test_every_shipped_file_is_mentioned() -> None:
    for path in (REPOSITORY / "configs").glob("*.yaml"):
        assert f"configs/{path.name}" in README
