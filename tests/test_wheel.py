"""The wheel, installed where there is no clone: what the program says of itself works there.

`make wheel-test` runs it. What the package depends on is read from this environment, so that nothing is fetched.
"""

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Sequence
from email import message_from_bytes
from pathlib import Path

import pytest

from ike_ray import __version__

REPOSITORY = Path(__file__).parents[1]
pytestmark = [pytest.mark.rare, pytest.mark.timeout(900)]


def run(command: Sequence[object], cwd: Path) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "RAY_ADDRESS")}
    done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, REPOSITORY], folder
    )
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that holds the wheel, and reads all else from this one."""
    folder = tmp_path_factory.mktemp("environment")
    run([sys.executable, "-m", "venv", folder], folder)
    run([folder / "bin" / "pip", "install", "--no-deps", wheel], folder)
    # A line of a .pth file adds a folder and follows none of the .pth files in it, so that this clone is not found by them.
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "what_it_needs.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return folder / "bin"


def test_the_wheel_holds_all_that_the_program_reads(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = message_from_bytes(archive.read(f"ike_ray-{__version__}.dist-info/METADATA"))
    listed = subprocess.run(["git", "ls-files", "ike_ray"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert set(listed.stdout.split()) <= names
    assert {f"ike_ray/configs/{path.name}" for path in (REPOSITORY / "configs").iterdir()} <= names
    assert not [name for name in names if not name.startswith(("ike_ray/", "ike_ray-"))]
    assert metadata["Version"] == __version__
    assert metadata["License-Expression"] == "Apache-2.0"


def test_settings_have_names(programs: Path, tmp_path: Path) -> None:
    said = run([programs / "ike-ray", "settings", "--list"], tmp_path).stdout.splitlines()
    assert [line.split()[0] for line in said] == sorted(path.stem for path in (REPOSITORY / "configs").glob("*.yaml"))
    where = run([programs / "python", "-c", "import ike_ray; print(ike_ray.__file__)"], tmp_path).stdout.strip()
    assert Path(where).is_relative_to(programs.parent)
    assert "dis_effort: quick" in run([programs / "ike-ray", "settings", "--config", "fast"], tmp_path).stdout


def test_the_demo_ends_with_a_page(programs: Path, tmp_path: Path) -> None:
    done = run([programs / "ike-ray", "demo", "--frames", "4"], tmp_path)
    made = tmp_path / "ike-ray-demo" / "run"
    assert (made / "report.html").stat().st_size > 50_000
    assert json.loads((made / "summary.json").read_text())["sequence_mean"]["j"]["mean"] > 0.6
    assert "ike-ray-demo/run/report.html" in done.stdout
    assert "logging.cc" not in done.stderr  # nor anything else that Ray says to nobody
    assert "Token authentication is enabled" not in done.stderr


def test_the_functions_of_the_package_need_nothing_else(programs: Path, tmp_path: Path) -> None:
    code = (
        "import ike_ray; from ike_ray.datasets.synthetic import draw_clip;"
        "clip = draw_clip(0, num_frames=4, height=64, width=96);"
        "found = list(ike_ray.segment(clip.frames, 'fast', changes=['video.working_size_px=[48, 64]']));"
        "(image,) = ike_ray.segment_images([clip.frames[0]], changes=['affinity.pixel_area_px=2048']);"
        "print(len(found), image.mask.shape)"
    )
    assert run([programs / "python", "-c", code], tmp_path).stdout.split("\n")[-2] == "4 (64, 96)"
