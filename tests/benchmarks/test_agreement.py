"""The golden arrays of the published program."""

import subprocess
import sys
from pathlib import Path

import numpy as np

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "agreement.py"


def run(file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, file], capture_output=True, text=True, check=False)


def test_every_golden_array_is_reached(shared_data: Path) -> None:
    result = run(shared_data / "golden" / "graph_tennis.npz")
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count("soft_") == 8


def test_a_file_with_less_in_it_will_do_and_a_wrong_answer_fails(shared_data: Path, tmp_path: Path) -> None:
    with np.load(shared_data / "golden" / "graph_tennis.npz") as arrays:
        kept = {name: arrays[name][:5] for name in ("flow_forward", "flow_backward")}
    still = np.zeros((6, 112, 208), np.float16)
    np.savez(tmp_path / "wrong.npz", **kept, soft_uniform_iteration1=still + np.linspace(0, 1, 208, dtype=np.float16))
    result = run(tmp_path / "wrong.npz")
    assert result.returncode == 1
    assert "MISSED" in result.stdout


def test_a_file_without_golden_arrays_is_no_success(tmp_path: Path) -> None:
    np.savez(tmp_path / "empty.npz", flow_forward=np.zeros((1, 32, 32, 2)), flow_backward=np.zeros((1, 32, 32, 2)))
    assert "no golden array" in run(tmp_path / "empty.npz").stderr
