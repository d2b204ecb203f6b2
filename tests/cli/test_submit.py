"""A job over the job server of a real Ray head, followed to its end."""

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from ike_ray.cli.app import main
from ike_ray.cli.submit import _exit_code
from ike_ray.corpus.submit import JobEnd
from ike_ray.datasets.synthetic import draw_clip
from ike_ray.video.write import write_video
from tests.ray_head import RayHead, start_head

SETTINGS = """
video: {working_size_px: [48, 64]}
network: {num_steps: 3}
graph: {published: {max_iterations: 2}}
workers: {num_workers: 1}
"""


@pytest.fixture(scope="module")
def head() -> Iterator[RayHead]:
    with start_head(num_cpus=2) as head:
        yield head


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    for seed in range(2):
        write_video(f"{tmp_path}/videos/{seed}.mp4", draw_clip(seed, num_frames=4, height=64, width=96).frames, 10.0)
    (tmp_path / "settings.yaml").write_text(SETTINGS)
    return tmp_path / "videos"


def build_command(head: RayHead, videos: Path, run: Path, *arguments: str) -> list[str]:
    settings = videos.parent / "settings.yaml"
    fixed = [str(videos), "--out", str(run), "--config", str(settings), "--address", head.job_server]
    return [sys.executable, "-m", "ike_ray.cli", "submit", *fixed, *arguments]


def submit(head: RayHead, videos: Path, run: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = build_command(head, videos, run, *arguments)
    return subprocess.run(command, env=dict(head.environment), capture_output=True, text=True, check=False)


def list_jobs(head: RayHead) -> list[dict[str, object]]:
    with urllib.request.urlopen(f"{head.job_server}/api/jobs/") as answer:
        jobs = json.load(answer)
    return [job for job in jobs if job["submission_id"]]


@pytest.mark.ray
def test_a_job_is_followed_to_its_end(head: RayHead, videos: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    first = submit(head, videos, run, "--set", "graph.published.max_iterations=3")
    assert first.returncode == 0, first.stdout + first.stderr
    assert "2 of 2 videos" in first.stdout  # the job's own log
    assert "SUCCEEDED" in first.stderr
    outcomes = pd.read_parquet(run / "outcomes")
    assert outcomes["status"].tolist() == ["ok", "ok"]
    assert "max_iterations: 3" in (run / "run.yaml").read_text()
    assert not [job for job in list_jobs(head) if "max_iterations" in str(job["entrypoint"]) or job["metadata"]]


@pytest.mark.ray
@pytest.mark.rare
def test_a_job_may_be_repeated(head: RayHead, videos: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert submit(head, videos, run, "--set", "graph.published.max_iterations=3").returncode == 0
    again = submit(head, videos, run, "--set", "graph.published.max_iterations=3")
    assert again.returncode == 0, again.stderr
    assert "2 of 2 videos are done already" in again.stdout
    names = [str(job["submission_id"]) for job in list_jobs(head)]
    assert any(f"{name}-2" in names for name in names)


@pytest.mark.ray
def test_a_failing_jobs_code_is_passed_on(head: RayHead, videos: Path, tmp_path: Path) -> None:
    result = submit(head, videos, tmp_path / "run", "--set", "workers.num_gpus=1")
    assert result.returncode == 2, result.stderr
    assert "asks for 1 CPUs and 1 GPUs, and no node of the cluster has them" in result.stdout
    assert "FAILED. Exit code 2." in result.stderr
    assert "INFO" not in result.stderr  # the job's log is on stdout, Ray's chatter nowhere


@pytest.mark.ray
@pytest.mark.rare
def test_a_second_submission_is_refused_and_ctrl_c_leaves_the_job(head: RayHead, videos: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    long = ("--set", "network.num_steps=5000", "--set", "cycle.max_cycles=1")
    # Tests that a shell runs in the background inherit from it that Ctrl-C is ignored.
    command = ["env", "--default-signal=INT", *build_command(head, videos, run, *long)]
    following = subprocess.Popen(
        command, env=dict(head.environment), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    deadline_s = time.monotonic() + 60
    while not (run / "run.yaml").exists() and time.monotonic() < deadline_s:
        time.sleep(0.5)
    second = submit(head, videos, run, *long)
    assert second.returncode == 2
    assert "already fills" in second.stderr
    assert "found RUNNING" in second.stderr
    following.send_signal(signal.SIGINT)
    _, message = following.communicate(timeout=30)
    assert following.returncode == 130, message
    assert "The job goes on" in message
    stop = message.partition("Stop it:")[2].split()
    subprocess.run([Path(sys.executable).with_name(stop[0]), *stop[1:]], env=dict(head.environment), check=True)
    statuses = {job["submission_id"]: job["status"] for job in list_jobs(head)}
    assert statuses[stop[-1]] == "STOPPED"


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        ("SUCCEEDED", 0, 0),
        ("FAILED", 2, 2),
        ("FAILED", -9, 137),
        ("FAILED", None, 1),
        ("STOPPED", None, 1),
        ("STOPPED", 0, 1),
        ("LOST", None, 1),
    ],
)
def test_the_exit_code_is_the_jobs(status: str, code: int | None, expected: int) -> None:
    assert _exit_code(JobEnd(status=status, exit_code=code, message="")) == expected


def test_an_address_that_ray_would_override_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "http://elsewhere:8265")
    with pytest.raises(SystemExit) as caught:
        main(["submit", "s3://bucket/in", "--out", "s3://bucket/run", "--address", "http://head.example:8265"])
    assert caught.value.code == 2
    assert "the variable RAY_ADDRESS is http://elsewhere:8265" in capsys.readouterr().err
