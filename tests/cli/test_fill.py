"""Where a run goes if no folder is named, and what is said at its end."""

from pathlib import Path

import pytest

from ike_ray.cli.app import main
from ike_ray.cli.fill import choose_run


@pytest.fixture
def films(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of films, of which one is a folder of frames, below the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "films" / "v1.2").mkdir(parents=True)
    for name in ("cat.mp4", "list.csv", "v1.2/0.png"):
        (tmp_path / "films" / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("films", "films-masks"),
        ("films/", "films-masks"),
        ("films/cat.mp4", "films/cat-masks"),
        ("films/list.csv", "films/list-masks"),
        ("films/v1.2", "films/v1.2-masks"),
        ("films/*.mp4", "films-masks"),
        ("films/v*/0.png", "films-masks"),
        ("../*/cat.mp4", "PARENT-masks"),
        ("*.mp4", "HERE-masks"),
        ("memory://films/cat.mp4", "cat-masks"),
        ("memory://films/*.mp4", "films-masks"),
    ],
)
def test_a_run_without_a_name_lies_beside_its_input_or_here(films: Path, source: str, expected: str) -> None:
    expected = expected.replace("HERE", films.name).replace("PARENT", films.parent.name)
    assert choose_run(source, "masks") == f"{films}/{expected}"


def test_a_file_uri_is_a_path(films: Path) -> None:
    assert choose_run(f"file://{films}/films/cat.mp4", "boxes") == f"{films}/films/cat-boxes"


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
@pytest.mark.parametrize("command", ["segment", "spectral"])
def test_a_run_in_which_all_failed_promises_no_masks(films: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command, "films/cat.mp4", "--config", {"segment": "fast", "spectral": "spectral"}[command]])
    assert not caught.value.code
    said = " ".join(capsys.readouterr().out.split())
    run = f"{films}/films/cat-masks"
    assert f"Writing to {run}, since no --out is given." in said
    assert "failed" in said
    assert "are in" not in said
    noun = {"segment": "videos", "spectral": "images"}[command]
    assert said.endswith(f"Nothing was found: none of 1 {noun} ended well. Reasons: ike-ray report {run}")
