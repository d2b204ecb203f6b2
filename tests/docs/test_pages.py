"""What the tutorial and the pages of jobs say to type is typed; pages made from the code are what the code says now."""

import importlib.util
import re
import shutil
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest

from ike_ray.cli.app import main
from ike_ray.datasets.synthetic import SPLIT, write_drawn_dataset
from tests.docs.pages import DOCS, list_blocks, list_commands
from tests.drawn_images import SMALL as SMALL_PHOTO
from tests.drawn_images import write_duts
from tests.drawn_run import DrawnRun, write_student

REPOSITORY = DOCS.parent
SMALL = ["video.working_size_px=[32, 48]", "network.num_steps=3", "workers.num_workers=1"]
SMALL_TRAINING = ["student.widths=[4, 8]", "training.num_steps=4", "training.batch_size=4", "samples.shuffled_frames=4"]
SMALL_IMAGES = [*SMALL_PHOTO, "workers.num_workers=1"]
ELSEWHERE = {"submit": "tests/cli/test_submit.py", "pip": "make setup", "python": "tests/benchmarks"}  # who runs these
# Of the datasets' pages, which are made alike, one: tests/datasets and tests/evaluate have the others' trees and protocols.
PAGES = ["tutorial", "datasets/davis2016", *sorted(f"jobs/{path.stem}" for path in (DOCS / "jobs").glob("*.md"))]


def run_command(command: list[str]) -> None:
    words = [word.replace("configs/", f"{REPOSITORY}/configs/") for word in command[1:]]
    words = [
        SPLIT if before == "--split" and word in ("val", "train") else word
        for before, word in zip(["", *words], words, strict=False)
    ]
    if command[1] in ("segment", "plan"):
        words += [word for setting in SMALL for word in ("--set", setting)]
    if command[1] == "train":
        words += [word for setting in SMALL_TRAINING for word in ("--set", setting)]
    if command[1] == "spectral":
        words += [word for setting in SMALL_IMAGES for word in ("--set", setting)]
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert not caught.value.code, command


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    write_drawn_dataset(str(folder), num_frames=3)
    return folder


@pytest.fixture(scope="module")
def segmented(local_ray: None, drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run for the pages that begin with one."""
    run = tmp_path_factory.mktemp("segmented") / "run"
    run_command(["ike-ray", "segment", f"{drawn}/JPEGImages/480p", "--out", str(run)])
    return run


@pytest.mark.ray
@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_run(
    page: str, drawn: Path, segmented: Path, drawn_run: DrawnRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_duts(tmp_path / "duts", 2)
    places = {"VIDEOS": f"{drawn}/JPEGImages/480p", "DAVIS": str(drawn), "ROOT": str(drawn)}
    places |= {"DUTS": f"{tmp_path}/duts", "IMAGES": f"{tmp_path}/duts/DUTS-TE/DUTS-TE-Image"}
    commands = list_commands(page, places)
    assert commands
    made = {place for command in commands for option, place in pairwise(command) if option == "--out"}
    if "RUN" not in made:
        shutil.copytree(segmented, tmp_path / "RUN")
    if "MODEL" not in made:
        write_student(f"{tmp_path}/MODEL", drawn_run, seed=0)
    for command in commands:
        if command[0] == "ike-ray" and command[1] not in ELSEWHERE:
            run_command(command)
        else:
            assert {command[0], command[1]} & set(ELSEWHERE), command
    for block in list_blocks(page):
        if block.language == "python":
            exec(block.text, {})


def load_writer() -> ModuleType:
    specification = importlib.util.spec_from_file_location("write_pages", DOCS / "write_pages.py")
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_pages_made_from_the_code_are_new() -> None:
    """Stale? `python docs/write_pages.py` makes them anew."""
    for name, text in load_writer().render_pages().items():
        assert (DOCS / name).read_text() == text, name


def test_links_between_pages_lead_somewhere() -> None:
    for page in [REPOSITORY / "README.md", *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), (page, target)
