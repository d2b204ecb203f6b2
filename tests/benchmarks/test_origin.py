"""The line that says where figures come from: what it holds, what it does not, and that it is there for every table."""

import getpass
import os
import platform
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import torch

from benchmarks.origin import read_origin
from ike_ray import __version__

REPOSITORY = Path(__file__).parents[2]
RESULTS = sorted((REPOSITORY / "benchmarks" / "results").glob("*.md"))
ORIGIN = re.compile(
    r"(?P<commit>commit \S+|commit unknown [a-z ]+|not in a clone), (?P<date>\d{4}-\d\d-\d\d), (?P<machine>.+), "
    r"(?P<cores>\d+) cores, (?P<gpus>.+, )?Python 3\.\d+\.\S+, torch \S+, ray \S+, ike_ray \S+"
)


def is_origin(line: str) -> bool:
    return ORIGIN.fullmatch(line) is not None


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    command = ["git", "-C", folder, *identity, *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with one commit."""
    folder = tmp_path / "clone"
    git(tmp_path, "init", "-q", str(folder))
    (folder / "file.py").write_text("a = 1\n")
    git(folder, "add", "file.py")
    git(folder, "commit", "-q", "-m", "One file")
    return folder


def test_one_line_holds_commit_date_machine_and_versions() -> None:
    before = datetime.now(UTC).date()
    found = ORIGIN.fullmatch(read_origin())
    assert found
    assert before.isoformat() <= found["date"] <= datetime.now(UTC).date().isoformat()
    assert int(found["cores"]) >= 1
    assert (found["gpus"] is not None) == (torch.cuda.device_count() > 0)
    assert found.string.endswith(f", ike_ray {__version__}")
    assert f", Python {platform.python_version()}, torch {torch.__version__.partition('+')[0]}" in found.string


def test_the_commit_says_whether_files_were_changed(clone: Path) -> None:
    commit = git(clone, "rev-parse", "--short", "HEAD")
    assert read_origin(clone).startswith(f"commit {commit}, ")
    (clone / "file.py").write_text("a = 2\n")
    assert read_origin(clone).startswith(f"commit {commit}-dirty, ")


def test_a_copy_outside_a_clone_has_no_commit(clone: Path, tmp_path: Path) -> None:
    for folder in (tmp_path, clone / "copy"):  # nor has one in the clone of something else
        folder.mkdir(exist_ok=True)
        origin = read_origin(folder)
        assert is_origin(origin)
        assert origin.startswith("not in a clone, ")


def test_a_clone_that_git_cannot_read_has_an_unknown_commit(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: nowhere\n")  # a worktree whose repository is gone
    origin = read_origin(tmp_path)
    assert origin.startswith("commit unknown in a clone that git cannot read, ")
    assert str(tmp_path) not in origin


def test_without_git_the_commit_is_unknown(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(clone))
    assert read_origin(clone).startswith("commit unknown without git, ")


def test_host_user_and_paths_are_not_told(clone: Path) -> None:
    """The user, the home and the branch have names of their own here, and the host where a process may rename its own."""
    git(clone, "checkout", "-q", "-b", "my-branch")
    code = f"from pathlib import Path; from benchmarks.origin import read_origin; print(read_origin(Path({str(clone)!r})))"
    secrets = {"USER": "my-user", "LOGNAME": "my-user", "HOME": str(clone / "my-home"), "HOSTNAME": "my-host"}
    command = [sys.executable, "-c", code]
    script = 'echo my-host > /proc/sys/kernel/hostname; "$@"'
    rename = ["unshare", "--user", "--map-root-user", "--uts", "sh", "-ec", script, "sh"]
    if shutil.which("unshare") and subprocess.run([*rename, "true"], capture_output=True, check=False).returncode == 0:
        command = [*rename, *command]
    environment = os.environ | secrets
    said = subprocess.run(command, env=environment, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    assert is_origin(said.strip()), said
    assert "my-" not in said
    words = set(re.split(r"[^\w.-]+", said))
    assert not words & {platform.node(), getpass.getuser(), "Somebody"}
    assert not any(path in said for path in (str(REPOSITORY), str(clone), str(Path.home())))


def test_every_benchmark_with_a_table_says_where_its_figures_come_from() -> None:
    names = {name for page in RESULTS for name in re.findall(r"python -m benchmarks\.(\w+)", page.read_text())}
    assert {"quality", "graph", "fuzz"} <= names
    for name in sorted(names):
        assert "    print(read_origin(), flush=True)\n" in (REPOSITORY / "benchmarks" / f"{name}.py").read_text(), name
