"""The commands that measure speed: that they run, and that both graphs give the same soft masks."""

import re
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def run(*arguments: str) -> str:
    command = [sys.executable, "-m", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_graph_beside_the_literal_one() -> None:
    output = run("benchmarks.graph", "--sizes", "24x32", "--frames", "5", "--repeats", "1")
    rows = re.findall(r"^ +24x32 .*", output, re.MULTILINE)
    assert [row.split()[1] for row in rows] == ["5"]
    assert float(rows[0].split()[7]) < 1e-3  # the largest difference of the soft masks


def test_the_network_beside_the_literal_one() -> None:
    output = run("benchmarks.network", "--size", "32x48", "--frames", "4", "--steps", "2")
    assert re.search(r"^ +4 ( *[\d.]+){6} +[\d.]+%$", output, re.MULTILINE), output
