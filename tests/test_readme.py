"""The README: short, in an order that serves a newcomer, and what it says to type is typed."""

import itertools
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ike_ray.cli.app import main
from ike_ray.datasets.synthetic import draw_clip, write_drawn_dataset
from ike_ray.video.write import write_video

REPOSITORY = Path(__file__).parents[1]
README = (REPOSITORY / "README.md").read_text()
SMALL = ["video.working_size_px=[32, 48]", "workers.num_workers=1"]
MOST_WORDS, MOST_BYTES = 900, 2_000_000
ELSEWHERE = {"submit": "tests/cli/test_submit.py", "demo": "make demo"}  # who runs these


def list_blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def list_commands() -> list[list[str]]:
    lines = [line for block in list_blocks("bash") for line in block.splitlines() if line.strip()]
    return [shlex.split(line, comments=True) for line in lines]


@pytest.fixture
def place(tmp_path: Path) -> Callable[[str], str]:
    """Puts real folders where the README has placeholders."""
    write_drawn_dataset(f"{tmp_path}/drawn", num_frames=3)
    places = {"VIDEOS": f"{tmp_path}/drawn/JPEGImages/480p", "RUN": f"{tmp_path}/run"}

    def replace(text: str) -> str:
        for name, folder in places.items():
            text = re.sub(rf"\b{name}\b", folder, text)
        return text

    return replace


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
def test_the_commands_run(
    place: Callable[[str], str], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    commands = [command for command in list_commands() if command[0] == "ike-ray" and command[1] not in ELSEWHERE]
    assert [command[1] for command in commands] == ["segment", "plan", "segment", "status", "report"]
    for command in commands:
        arguments = [place(part) for part in command[1:]]
        small = SMALL if command[1] in ("segment", "plan") else []
        with pytest.raises(SystemExit) as caught:
            main([*arguments, *itertools.chain.from_iterable(("--set", setting) for setting in small)])
        assert not caught.value.code, (command, capsys.readouterr().err)


def test_the_code_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    write_video("cat.mp4", iter(draw_clip(0, num_frames=3, height=64, width=96).frames), 24.0)
    (block,) = list_blocks("python")
    exec(block, {})
    assert [line.split(" (64, 96) ")[0] for line in capsys.readouterr().out.splitlines()] == ["0", "1", "2"]


def test_every_other_command_exists() -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    for target in re.findall(r"`make (\w+)`", README):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target
    assert {command[0] for command in list_commands()} == {"pip", "ike-ray"}


def test_it_is_short_and_in_order() -> None:
    assert len(README.split()) <= MOST_WORDS
    order = ["# ike_ray", "docs/images/teaser.webp", "pip install", "import ike_ray", "| settings |", "## Where it fails"]
    order += ["## Beside other tools", "## A corpus and a cluster", "ike-ray plan", "## More"]
    places = [README.index(part) for part in order]
    assert places == sorted(places)


def test_its_picture_moves_and_is_small() -> None:
    path = REPOSITORY / "docs" / "images" / "teaser.webp"
    assert path.stat().st_size <= MOST_BYTES
    with Image.open(path) as picture:
        frames = []
        for index in (0, picture.n_frames // 2):  # type: ignore[attr-defined]
            picture.seek(index)
            frames.append(np.asarray(picture.convert("RGB"), np.int16))
    assert np.abs(frames[0] - frames[1]).mean() > 1


def test_four_failures_are_shown() -> None:
    section = README.partition("## Where it fails")[2].partition("\n## ")[0]
    pictures = re.findall(r"!\[([^\]]+)\]\(([^)]+)\)<br>(\w[^|]*\.) \|", section)
    assert len(pictures) == 4
    assert all((REPOSITORY / path).is_file() for _, path, _ in pictures)
