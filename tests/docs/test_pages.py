"""What the pages say to type is typed; pages made from the code are what the code says; links lead somewhere."""

import re
import shutil
from itertools import pairwise
from pathlib import Path

import pytest

import ike_ray
from ike_ray.cli.app import main
from ike_ray.datasets.synthetic import SPLIT, draw_clip, write_drawn_dataset
from ike_ray.run.description import open_run
from ike_ray.video.write import write_video
from tests.docs.pages import DOCS, list_blocks, list_built_pages, list_commands, load_writer, read_page, replace_places
from tests.drawn_images import SMALL as SMALL_PHOTO
from tests.drawn_images import write_duts
from tests.drawn_review import write_review
from tests.drawn_run import DrawnRun, write_student
from tests.test_architecture import LAYERS

REPOSITORY = DOCS.parent
SMALL = ["video.working_size_px=[32, 48]", "network.num_steps=3", "workers.num_workers=1"]
SMALL_TRAINING = ["student.widths=[4, 8]", "training.num_steps=4", "training.batch_size=4", "samples.shuffled_frames=4"]
SMALL_IMAGES = [*SMALL_PHOTO, "workers.num_workers=1"]
SMALLER = {"segment": SMALL, "plan": SMALL, "train": SMALL_TRAINING, "spectral": SMALL_IMAGES}
SMALLER |= {"predict": ["workers.num_workers=1"]}
# Who runs these commands. What it takes to reach a storage or a cluster is tested there, and here a folder stands for both.
ELSEWHERE = {
    "submit": "tests/cli/test_submit.py",
    "demo": "make demo, which .ci/run calls",
    "pip": "make setup",
    "ray": "tests/test_deployment.py",
}
OWN_TESTS = {"howto/export", "results", "index"}  # test_export.py, test_results.py; the README's commands, in test_readme.py
# Of the datasets' pages, which are made alike, one: tests/datasets and tests/evaluate have the others' trees and protocols.
ALL_PAGES = sorted(path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md"))
HAS_CODE = [page for page in ALL_PAGES if re.search(r"^```(bash|python)$", read_page(page), flags=re.MULTILINE)]
PAGES = ["datasets/davis2016", *(page for page in HAS_CODE if page not in OWN_TESTS)]
MEASURED = sorted((REPOSITORY / "benchmarks" / "results").glob("*.md"))


def run_command(command: list[str]) -> None:
    words = [word.replace("configs/", f"{REPOSITORY}/configs/") for word in command[1:]]
    words = [
        SPLIT if before == "--split" and word in ("val", "train") else word
        for before, word in zip(["", *words], words, strict=False)
    ]
    words += [word for setting in SMALLER.get(command[1], []) for word in ("--set", setting)]
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
@pytest.mark.timeout(400)  # several jobs, one after the other
@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_run(
    page: str, drawn: Path, segmented: Path, drawn_run: DrawnRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_duts(tmp_path / "duts", 2)
    (tmp_path / "bucket").mkdir()
    shutil.copytree(drawn / "JPEGImages" / "480p", tmp_path / "bucket" / "videos")
    shutil.copy(next((tmp_path / "duts" / "DUTS-TE" / "DUTS-TE-Image").iterdir()), tmp_path / "photo.jpg")
    write_video(str(tmp_path / "cat.mp4"), iter(draw_clip(0, num_frames=3, height=64, width=96).frames), 24.0)
    places = {"VIDEOS": f"{drawn}/JPEGImages/480p", "DAVIS": str(drawn), "ROOT": str(drawn)}
    places |= {"DUTS": f"{tmp_path}/duts", "IMAGES": f"{tmp_path}/duts/DUTS-TE/DUTS-TE-Image"}
    places |= {"s3://BUCKET": f"{tmp_path}/bucket"}
    commands = list_commands(page, places)
    made = {place for command in commands for option, place in pairwise(command) if option == "--out"}
    if "RUN" not in made:
        shutil.copytree(segmented, tmp_path / "RUN")
        verdicts = dict.fromkeys(ike_ray.load("RUN").videos, "accepted")  # what its page saved
        write_review(tmp_path / "review.json", open_run(f"{tmp_path}/RUN"), verdicts)
    if "MODEL" not in made:
        write_student(f"{tmp_path}/MODEL", drawn_run, seed=0)
    for command in commands:
        if needs_weights(command) or "--gpu" in command:
            check_settings(command)
        elif command[0] == "ike-ray" and command[1] not in ELSEWHERE:
            run_command(command)
        elif command[0] == "python":
            check_benchmark(command)
        else:
            assert {command[0], command[1]} & set(ELSEWHERE), command
    for block in list_blocks(page):
        if block.language == "python":
            exec(replace_places(block.text, places), {})


def test_the_first_page_says_what_the_readme_says() -> None:
    """The commands and the code of the README are run by its own test."""
    readme = (REPOSITORY / "README.md").read_text()
    blocks = list_blocks("index")
    assert {block.language for block in blocks} == {"bash", "python"}
    for line in [line for block in blocks for line in block.text.splitlines()]:
        assert line in readme, line


def needs_weights(command: list[str]) -> bool:
    """Whether the weights of a vision transformer have to be there, or masks that were made with them."""
    return any(re.search(r"\bvit\b|facebook/|dino|PUBLISHED", word) for word in command)


def check_settings(command: list[str]) -> None:
    """That the settings of a command are there. tests/corpus/test_spectral_process.py and test_node_plan.py run the rest."""
    job = {"plan": "segment"}.get(command[1], command[1])
    if command[0] == "ike-ray" and job in ("spectral", "segment"):
        named = [word for option, word in pairwise(command) for word in (option, word) if option in ("--config", "--set")]
        with pytest.raises(SystemExit) as caught:
            main(["settings", job, *named])
        assert not caught.value.code, command


def check_benchmark(command: list[str]) -> None:
    """That `python -m benchmarks.NAME` is there and knows the options that are given to it. Running it takes minutes."""
    assert command[1] == "-m"
    path = REPOSITORY / f"{command[2].replace('.', '/')}.py"
    known = path.read_text() + (REPOSITORY / "benchmarks" / "machine.py").read_text()
    for option in command[3:]:
        assert not option.startswith("--") or f'"{option}"' in known, command


@pytest.mark.parametrize("path", MEASURED, ids=lambda path: path.stem)
def test_the_commands_of_results_exist(path: Path) -> None:
    commands = list_commands(f"../benchmarks/results/{path.stem}", {})
    assert commands or path.stem == "README"
    for command in commands:
        check_benchmark(command)


def test_pages_made_from_the_code_are_new() -> None:
    """Stale? `python docs/write_pages.py` makes them anew."""
    for name, text in load_writer().render_pages().items():
        assert (DOCS / name).read_text() == text, name


def test_the_reference_has_every_command_and_setting() -> None:
    pages = list_built_pages()
    for command in ("segment", "train-motion"):
        assert f"## ike-ray {command}\n" in pages["reference/commands.md"]
    assert "| `--retry-failed` | " in pages["reference/commands.md"]
    assert "| `video.stride` | `1` | " in pages["reference/settings.md"]
    assert "| `graph.published.reach_frames` | `15` | " in pages["reference/settings.md"]


def test_shipped_settings_are_explained() -> None:
    page = read_page("howto/settings")
    for path in (REPOSITORY / "configs").glob("*.yaml"):
        assert f"`{path.stem}`" in page


def test_links_lead_somewhere() -> None:
    built = {DOCS / name for name in list_built_pages()}
    outside = [REPOSITORY / name for name in load_writer().list_pages_elsewhere()]
    for page in [REPOSITORY / "README.md", *DOCS.rglob("*.md"), DOCS / "llms.txt", *outside]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            path = (page.parent / target).resolve()
            assert path.exists() or path in built, (page, target)


def test_readme_links_to_what_the_repository_holds() -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (REPOSITORY / "README.md").read_text()):
        assert (REPOSITORY / target).exists(), target


def test_the_drawing_of_the_layers_is_the_one_that_is_tested() -> None:
    drawing = (REPOSITORY / "CONTRIBUTING.md").read_text().partition("```text\n")[2].partition("```")[0]
    rows = [re.split(r" {4,}", line)[0].split() for line in drawing.splitlines()]
    known = [set(row) for row in rows if row != ["jobs/"]]
    # Where names fill the line, what stands after them is words.
    assert [row & set.union(*LAYERS) for row in known] == LAYERS
