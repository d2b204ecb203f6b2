import io
from pathlib import Path
from typing import get_args

import pytest
from rich.console import Console

from ike_ray.cli.app import main
from ike_ray.cli.datasets import show_list
from ike_ray.datasets.open import DatasetName, list_descriptions, read_description
from ike_ray.datasets.page import render_page
from ike_ray.datasets.synthetic import SPLIT, write_drawn_dataset
from ike_ray.video.manifest import list_videos


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main(["datasets", *(str(argument) for argument in arguments)])
    return int(caught.value.code or 0)


@pytest.mark.parametrize("width", [80, 120, 160])
def test_all_are_listed(width: int) -> None:
    console = Console(width=width, file=io.StringIO(), highlight=False)
    show_list(list_descriptions(), console)
    said = console.file.getvalue()
    table, addresses = (part.splitlines() for part in said.split("\nWhere to get them:\n"))
    assert [line.split()[0] for line in table if line[0] != " "] == ["name", *get_args(DatasetName)]
    assert all(len(line) <= width for line in table)
    for word in ("licence", "11.0 GB", "19,817"):
        assert word in said
    for entry, address in zip(list_descriptions(), addresses, strict=False):
        assert address.split() == [entry.name, entry.url]  # whole, to be copied


def test_the_list_says_how_to_see_the_tree(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    assert "`ike-ray datasets NAME` shows the tree" in capsys.readouterr().out


def test_one_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("davsod") == 0
    assert capsys.readouterr().out == render_page(read_description("davsod")) + "\n"


def test_a_folder_is_checked_and_its_manifest_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drawn, manifest = tmp_path / "drawn", tmp_path / "m.csv"
    write_drawn_dataset(str(drawn), num_frames=4)
    assert run("davis2016", "--root", drawn, "--split", SPLIT) == 0
    assert capsys.readouterr().out == "DAVIS-2016, demo: 4 sequences, 8 scored frames.\n"
    assert run("davis2016", "--root", drawn, "--split", SPLIT, "--manifest", manifest) == 0
    assert f"ike-ray segment {manifest} --out RUN" in capsys.readouterr().out
    assert [ref.video_id for ref in list_videos(str(manifest))] == ["ellipse-0", "ellipse-1", "rectangle-2", "ellipse-3"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--root", "/x"], 2, "expected its name, found none"),
        (["duts", "--manifest", "m.csv"], 2, "need the folder of DUTS"),
        (["duts", "--root", "/missing"], 1, "found no folder /missing. The expected tree is"),
        (["imagenet"], 2, "imagenet"),
    ],
)
def test_errors_are_sentences(arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == code
    assert message in capsys.readouterr().err
