"""What the documents say to type is typed, page by page; pages made from the code are what the code says now."""

import importlib.util
import re
import shlex
import shutil
from pathlib import Path
from types import ModuleType

import pandas
import pytest

from ike_ray.cli.app import main
from ike_ray.datasets.synthetic import SPLIT, write_drawn_dataset
from tests.test_readme import SMALL

REPOSITORY = Path(__file__).parents[1]
DOCS = REPOSITORY / "docs"
# Commands that a page tells and that need more than a test has: who tests them instead.
ELSEWHERE = {"submit": "tests/cli/test_submit.py", "python": "tests/benchmarks", "pip": "make setup"}
PAGES = sorted(str(path.relative_to(DOCS)) for path in [DOCS / "tutorial.md", *(DOCS / "jobs").glob("*.md")])


def load_writer() -> ModuleType:
    specification = importlib.util.spec_from_file_location("write_pages", DOCS / "write_pages.py")
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def list_blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(), flags=re.DOTALL)


def list_commands(page: Path) -> list[list[str]]:
    lines = "\n".join(list_blocks(page, "bash")).replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True) for line in lines if line.strip()]


def run_command(command: list[str], places: dict[str, str]) -> None:
    arguments = []
    for word in command[1:]:
        argument = SPLIT if word in ("val", "train") else word.replace("configs/", f"{REPOSITORY}/configs/")
        for name, folder in places.items():
            argument = re.sub(rf"\b{name}\b(?!-)", folder, argument)
        arguments.append(argument)
    if command[1] in ("segment", "plan"):
        arguments += [word for setting in SMALL for word in ("--set", setting)]
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert not caught.value.code, command


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    write_drawn_dataset(str(folder), num_frames=3)
    return folder


@pytest.fixture(scope="module")
def segmented(local_ray: None, drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run for pages that begin with one."""
    run = tmp_path_factory.mktemp("segmented") / "run"
    run_command(["ike-ray", "segment", f"{drawn}/JPEGImages/480p", "--out", str(run)], {})
    return run


@pytest.mark.ray
@pytest.mark.parametrize("name", PAGES)
def test_the_commands_of_a_page_run(
    name: str, drawn: Path, segmented: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = list_commands(DOCS / name)
    monkeypatch.chdir(tmp_path)
    if not any(command[:2] == ["ike-ray", "segment"] for command in commands):
        shutil.copytree(segmented, tmp_path / "RUN")
    places = {"VIDEOS": f"{drawn}/JPEGImages/480p", "DAVIS": str(drawn), "ROOT": str(drawn)}
    assert commands
    for command in commands:
        if command[0] == "ike-ray" and command[1] not in ELSEWHERE:
            run_command(command, places)
        else:
            assert command[0] in ELSEWHERE or command[1] in ELSEWHERE, command
    for block in list_blocks(DOCS / name, "python"):
        exec(block, {"pandas": pandas})


def test_pages_made_from_the_code_are_new() -> None:
    """Stale? `python docs/write_pages.py` makes them anew."""
    for name, text in load_writer().render_pages().items():
        assert (DOCS / name).read_text() == text, name


def test_links_between_pages_lead_somewhere() -> None:
    for page in [REPOSITORY / "README.md", *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), (page, target)
