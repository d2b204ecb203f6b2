"""A student trained by two workers of a real Ray, also where one of them, or the driver, is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
import s3fs

from benchmarks.faulty_s3 import read_environment, start_s3
from ike_ray.config import TrainConfig
from ike_ray.corpus.train import check_resources, train_corpus
from ike_ray.errors import ConfigError, InputError, RunError
from ike_ray.run import lease
from ike_ray.settings import read_settings_of
from ike_ray.storage.files import remove_files
from ike_ray.student.model_folder import read_progress, read_unread
from ike_ray.student.read import read_student
from ike_ray.student.videos import list_training_videos
from tests.drawn_run import DrawnRun

pytestmark = pytest.mark.ray
SETTINGS = (
    *("student.widths=[4, 8]", "student.area_px=1024", "augment.crop_size_px=[32, 32]", "samples.shuffled_frames=8"),
    *("training.batch_size=4", "training.report_every_steps=10", "workers.num_workers=2", "workers.patience_s=0"),
)


def build_config(*settings: str) -> TrainConfig:
    return read_settings_of(TrainConfig, "", [*SETTINGS, *settings])


def list_trainers() -> dict[int, psutil.Process]:
    """The workers of the Ray that this process started."""
    found = {}
    for process in psutil.Process().children(recursive=True):
        try:
            if process.name().startswith("ray::RayTrainWo"):
                found[process.pid] = process
        except psutil.NoSuchProcess:
            continue
    return found


@pytest.mark.rare
@pytest.mark.timeout(400)  # two starts of two workers
@pytest.mark.usefixtures("local_ray")
def test_a_killed_worker_costs_the_steps_since_the_last_checkpoint(drawn_run: DrawnRun, tmp_path: Path) -> None:
    """And a video that is gone costs itself."""
    config, model = build_config("training.num_steps=60"), f"{tmp_path}/model"
    videos = list_training_videos([drawn_run.run.uri], config.samples, config.seed)
    gone = next(video for video in videos.learned if video.uri.endswith(".mp4"))
    remove_files([gone.uri])
    rows: list[dict[str, Any]] = []
    killed: set[int] = set()
    later: set[int] = set()

    def watch(row: dict[str, Any]) -> None:
        rows.append(row)
        trainers = list_trainers()
        if row["step"] == 20:  # the checkpoint before this one is known to Ray Train by now
            assert len(trainers) == 2
            killed.update(trainers)
            trainers[min(trainers)].send_signal(signal.SIGKILL)
        elif row["step"] > 20 and trainers:
            later.update(trainers)

    train_corpus([drawn_run.run.uri], model, config, watch=watch)
    progress = read_progress(model)
    assert [row["step"] for row in progress] == list(range(10, 61, 10))
    assert progress[0] == rows[0]  # of before the kill, to the last digit: it went on from there
    assert len(killed) == 2
    assert later
    assert killed.isdisjoint(later)
    assert all(0 <= row["held_out_iou"] <= 1 for row in progress)
    assert progress[-1]["loss"] < progress[0]["loss"]
    assert read_student(model).config == config.student
    assert list(read_unread(model)) == [gone.video_id]
    train_corpus([drawn_run.run.uri], model, config, watch=watch)  # does nothing: it is trained
    assert read_progress(model) == progress


@pytest.mark.rare
@pytest.mark.usefixtures("local_ray")
def test_nothing_that_can_be_read_ends_the_training(drawn_run: DrawnRun, tmp_path: Path) -> None:
    config = build_config("training.num_steps=4", "samples.held_out_fraction=0")
    remove_files([drawn_run.video(name).uri for name in ("dog.mp4", "sub/cat.mp4")])
    remove_files([f"{drawn_run.video('bear').uri}/img_{number}.jpg" for number in range(7, 11)])
    with pytest.raises(InputError, match="not one batch of 2 frames could be read"):
        train_corpus([drawn_run.run.uri], f"{tmp_path}/model", config)
    assert sorted(read_unread(f"{tmp_path}/model")) == ["bear", "dog.mp4", "sub/cat.mp4"]


@pytest.mark.rare
@pytest.mark.usefixtures("local_ray")
def test_a_training_that_another_process_took_over_writes_no_weights(
    drawn_run: DrawnRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "_RENEW_S", 0.1)

    def take_over(row: dict[str, Any]) -> None:
        note = {"host": "elsewhere", "pid": 1, "token": "other"}
        (tmp_path / "model" / "driver" / "000099.json").write_text(json.dumps(note))

    with pytest.raises(RunError, match="found another one"):
        train_corpus([drawn_run.run.uri], f"{tmp_path}/model", build_config("training.num_steps=400"), watch=take_over)
    assert not (tmp_path / "model" / "weights.safetensors").exists()


def test_workers_that_the_cluster_does_not_hold() -> None:
    with pytest.raises(ConfigError, match="2 workers ask for 2 CPUs and 0 GPUs, the cluster has 1 and 0"):
        check_resources(build_config(), {"CPU": 1.0})
    assert check_resources(build_config(), {"CPU": 2.0}) == 2


@pytest.mark.rare
@pytest.mark.timeout(400)  # two Rays
def test_a_killed_driver_goes_on_by_the_same_command_on_s3(drawn_run: DrawnRun) -> None:
    with start_s3() as port:
        secrets = read_environment(port)
        names = {"key": secrets["AWS_ACCESS_KEY_ID"], "secret": secrets["AWS_SECRET_ACCESS_KEY"]}
        bucket = s3fs.S3FileSystem(**names, endpoint_url=f"http://127.0.0.1:{port}", skip_instance_cache=True)
        bucket.mkdir("bucket")
        environment = os.environ | secrets | {"RAY_AUTH_MODE": "disabled"}
        environment.pop("RAY_ADDRESS", None)
        options = [part for setting in (*SETTINGS, "training.num_steps=30") for part in ("--set", setting)]
        command = [sys.executable, "-m", "ike_ray.cli", "train", drawn_run.run.uri, "--out", "s3://bucket/model", *options]
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as first:
            deadline_s = time.monotonic() + 150
            while not bucket.exists("bucket/model/progress.parquet"):
                assert first.poll() is None
                assert time.monotonic() < deadline_s
                time.sleep(0.1)
            first.kill()
        assert not bucket.exists("bucket/model/weights.safetensors")
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=170, check=False)
        assert done.returncode == 0, done.stderr
        bucket.get("bucket/model", f"{drawn_run.run.uri}-model", recursive=True)
    student = read_student(f"{drawn_run.run.uri}-model")
    assert student.config.widths == (4, 8)
    assert [row["step"] for row in read_progress(f"{drawn_run.run.uri}-model")] == [10, 20, 30]
    written = b"".join(path.read_bytes() for path in Path(f"{drawn_run.run.uri}-model").rglob("*") if path.is_file())
    for secret in names.values():
        assert secret.encode() not in written
