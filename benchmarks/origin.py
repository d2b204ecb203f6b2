"""Where do figures come from? Every benchmark prints this as its first line, and it belongs under the table that it fills.

The line is made before anything is measured, so the commit in it is the one that was measured, even if another is checked out
meanwhile. It names neither the host nor the user nor a path, so it can be published as it is.
"""

import os
import platform
import shutil
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ike_ray import __version__

_REPOSITORY = Path(__file__).resolve().parents[1]
_LIST_GPUS = "import torch; [print(torch.cuda.get_device_name(i)) for i in range(torch.cuda.device_count())]"


def read_origin(repository: Path = _REPOSITORY) -> str:
    """Return commit, date, processor, cores, GPU if torch sees one, and versions, in one line.

    `-dirty` behind the commit says that files that git knows were changed. The date is that of UTC. The cores are those that
    this process may run on.
    """
    packages = {"torch": _read_version("torch"), "ray": _read_version("ray"), "ike_ray": __version__}
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    parts = [_read_commit(repository), f"{datetime.now(UTC):%Y-%m-%d}", _read_processor(), f"{cores} cores"]
    parts += _list_gpus(packages["torch"])
    parts += [f"Python {platform.python_version()}", *(f"{name} {found}" for name, found in packages.items())]
    return ", ".join(parts)


def _read_commit(repository: Path) -> str:
    # Git would look into the folders above too, and a copy that lies in the clone of something else has not its commit.
    if not (repository / ".git").exists():
        return "not in a clone"
    git = shutil.which("git")
    if git is None:
        return "commit unknown without git"
    command = [git, "-C", str(repository), "describe", "--always", "--dirty"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    # What git says of a clone that it cannot read names a path, so it is left out.
    return f"commit {result.stdout.strip()}" if result.returncode == 0 else "commit unknown in a clone that git cannot read"


def _read_processor() -> str:
    """Return the model that Linux names, or the architecture where none is named."""
    file = Path("/proc/cpuinfo")
    lines = [line.partition(":") for line in file.read_text().splitlines()] if file.is_file() else []
    return next((" ".join(value.split()) for key, _, value in lines if key.strip() == "model name"), platform.machine())


def _list_gpus(torch_version: str) -> list[str]:
    """Return each model of GPU that torch sees, with their number if there are several.

    Another process asks torch. One that has asked may not fork workers that use a GPU, and torch would add to the memory of
    the benchmarks that measure their own.
    """
    if torch_version == "none" or torch_version.endswith("+cpu"):
        return []
    names = subprocess.run([sys.executable, "-c", _LIST_GPUS], stdout=subprocess.PIPE, text=True, check=True).stdout
    return [name if num == 1 else f"{num} x {name}" for name, num in Counter(names.splitlines()).items()]


def _read_version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"
