#!/usr/bin/env bash
# Jobs on a GPU, measured by one command on a machine with torch and a GPU, in under eight minutes: see gpu_job.py.
#
#   benchmarks/gpu_job.sh                                  # the network gives what the package depends on
#   WHEELS=folder benchmarks/gpu_job.sh                    # no network: the folder has the wheels, and that of hatchling
#   WEIGHTS=raft-small.pth benchmarks/gpu_job.sh           # without weights, flow is DIS
#   DEVICE=cpu SIZE=tiny benchmarks/gpu_job.sh             # the same path without a GPU
#
# On a machine with a network and the same Python, `pip wheel --wheel-dir folder '.[raft]' hatchling` fills the folder. The wheels of torch
# and of CUDA in it are not needed. PYTHON is the Python that has torch, python3 unless said otherwise. Its torch is kept.
set -euo pipefail
STARTED=$(date +%s)
PYTHON=${PYTHON:-python3}
# Made absolute before the folder changes.
WEIGHTS=$(realpath -m "${WEIGHTS:-raft-small.pth}")
WHEELS=${WHEELS:+$(realpath "$WHEELS")}
cd "$(dirname "$0")/.."

"$PYTHON" -c 'import torch' || { echo "$PYTHON has no torch: set PYTHON to one that has" >&2; exit 1; }
FOLDER=$(mktemp -d)
trap 'rm -rf "$FOLDER"' EXIT
"$PYTHON" -m venv --system-site-packages "$FOLDER/venv"
BIN="$FOLDER/venv/bin"
# If PYTHON belongs to a virtual environment itself, the packages of that one are not the system's: a .pth file adds them.
SITE=$("$BIN/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
"$PYTHON" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])' > "$SITE/what_python_has.pth"
"$PYTHON" - > "$FOLDER/constraints.txt" <<'END'
from importlib import metadata

for name in ("torch", "torchvision"):
    try:
        print(f"{name}=={metadata.version(name)}")
    except metadata.PackageNotFoundError:
        pass
END
OPTIONS=(--quiet --disable-pip-version-check --constraint "$FOLDER/constraints.txt")
if [ -n "$WHEELS" ]; then OPTIONS+=(--no-index --find-links "$WHEELS"); fi
# Where hatchling is installed, the package is built without asking for it.
if "$BIN/python" -c 'import hatchling' 2> /dev/null; then OPTIONS+=(--no-build-isolation); fi
# RAFT needs torchvision. Without weights there is no RAFT.
PACKAGE=.
if [ -f "$WEIGHTS" ]; then PACKAGE='.[raft]'; fi
"$BIN/python" -m pip install "${OPTIONS[@]}" "$PACKAGE"
"$BIN/python" -m benchmarks.gpu_job --device "${DEVICE:-cuda}" --size "${SIZE:-full}" --weights "$WEIGHTS" --started "$STARTED"
