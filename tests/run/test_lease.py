"""Two drivers on one run, as real processes: on a disk, on a real S3, in another namespace of process numbers."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import s3fs

from benchmarks.faulty_s3 import set_environment, start_s3
from ike_ray.errors import ConfigError, InputError, RunError, TransientError
from ike_ray.run import lease
from ike_ray.run.folder import RunFolder
from ike_ray.run.lease import hold_run, read_driver
from ike_ray.storage.files import create_bytes, list_folder, read_bytes, write_bytes

# A driver that takes the run as soon as its input closes, says whether it has it, and lets go half a second later.
DRIVER = """
import sys, time
from ike_ray.errors import ConfigError
from ike_ray.run import lease
from ike_ray.run.folder import RunFolder
lease._RENEW_S, lease._SILENT_S = float(sys.argv[2]), float(sys.argv[3])
run = RunFolder(uri=sys.argv[1], digest="0" * 12)
print("ready", flush=True)
sys.stdin.read()
try:
    with lease.hold_run(run, patience_s=5.0, upkeep=lambda: None, upkeep_every_s=1000.0):
        print("held", flush=True)
        time.sleep(float(sys.argv[4]))
except ConfigError as error:
    print("refused", error, flush=True)
"""


def start_driver(uri: str, *, renew_s: float = 0.5, silent_s: float = 3.0, hold_s: float = 1.0, wrap: tuple[str, ...] = ()):
    command = [*wrap, sys.executable, "-c", DRIVER, uri, str(renew_s), str(silent_s), str(hold_s)]
    driver = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert driver.stdout is not None
    assert driver.stdout.readline() == "ready\n"
    return driver


def let_go(*drivers: subprocess.Popen) -> list[str]:
    """Start all at once; return what each said first."""
    for driver in drivers:
        driver.stdin.close()
    said = [driver.stdout.readline() for driver in drivers]
    for driver in drivers:
        driver.stdout.close()
        driver.wait()
    return [line.split()[0] for line in said]


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder(uri=str(tmp_path / "run"), digest="0" * 12)


def hold(run: RunFolder):
    return hold_run(run, patience_s=0.0, upkeep=lambda: None, upkeep_every_s=1000.0)


def write_note(run: RunFolder, number: int, **values: object) -> None:
    write_bytes(run.file("driver", f"{number:06d}.json"), json.dumps(values).encode())


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    s3fs.S3FileSystem.clear_instance_cache()  # of a server that other tests had
    with start_s3() as port, set_environment(port):
        s3fs.S3FileSystem().mkdir("bucket")
        yield "s3://bucket"
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.mark.parametrize("storage", ["disk", "s3"])
def test_of_two_that_start_together_one_has_the_run(storage: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """As often as IKE_RAY_STARTS says; 50 on each were tried."""
    root = str(tmp_path) if storage == "disk" else request.getfixturevalue("bucket")
    for number in range(int(os.environ.get("IKE_RAY_STARTS", "2"))):
        uri = f"{root}/run-{number}"
        assert sorted(let_go(start_driver(uri), start_driver(uri))) == ["held", "refused"], number


def test_of_two_that_find_a_dead_one_one_has_the_run(tmp_path: Path) -> None:
    for number in range(int(os.environ.get("IKE_RAY_STARTS", "2"))):
        uri = f"{tmp_path}/run-{number}"
        dead = start_driver(uri, hold_s=100.0)
        dead.stdin.close()
        assert dead.stdout.readline() == "held\n"
        dead.kill()
        dead.wait()
        dead.stdout.close()
        assert sorted(let_go(start_driver(uri), start_driver(uri))) == ["held", "refused"], number


def test_many_threads_that_create_one_file(tmp_path: Path, bucket: str) -> None:
    for root in (f"{tmp_path}/many", f"{bucket}/many", "memory://many"):
        told: list[bool] = []

        def create(number: int, root: str = root, told: list[bool] = told) -> None:
            told.append(create_bytes(f"{root}/x", bytes([number])))

        threads = [threading.Thread(target=create, args=[number]) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(told) == 1
        assert len(list_folder(root)) == 1
        assert len(read_bytes(f"{root}/x")) == 1


def test_a_living_process_keeps_others_off_and_a_dead_one_does_not(run: RunFolder) -> None:
    other = start_driver(run.uri, hold_s=100.0)
    other.stdin.close()
    assert other.stdout.readline() == "held\n"
    with pytest.raises(ConfigError, match=f"worked on by process {other.pid}"), hold(run):
        pass
    other.send_signal(signal.SIGKILL)
    deadline_s = time.monotonic() + 5
    while psutil.Process(other.pid).status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline_s:
        time.sleep(0.01)
    with hold(run):  # dead, though nobody has waited for it yet
        driver = read_driver(run)
        assert driver is not None
        assert driver["pid"] == os.getpid()
        with pytest.raises(ConfigError, match=f"worked on by process {os.getpid()}"), hold(run):
            pass
    other.wait()
    other.stdout.close()
    assert read_driver(run) is None
    with hold(run):
        assert len(list_folder(run.file("driver"))) == 1


def test_another_process_of_the_same_number_is_not_the_driver(run: RunFolder) -> None:
    parent = os.getppid()
    note = {"host": "here", "pid": parent, "place": lease._read_place(), "token": "x"}
    write_note(run, 1, **note, started=lease._read_start(parent) - 5)
    with hold(run):
        pass
    write_note(run, 8, **note, started=lease._read_start(parent))
    with pytest.raises(ConfigError, match=f"worked on by process {parent}"), hold(run):
        pass


def test_a_container_with_the_same_name_is_another_place(run: RunFolder) -> None:
    """The same host name, another namespace of process numbers: neither sees the other's process."""
    wrap = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
    if shutil.which("unshare") is None or subprocess.run([*wrap, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this user may not make a namespace")
    first, second = start_driver(run.uri, renew_s=0.2, hold_s=3.0), start_driver(run.uri, wrap=wrap)
    first.stdin.close()
    assert first.stdout.readline() == "held\n"
    assert let_go(second) == ["refused"]
    first.wait()
    first.stdout.close()
    assert sorted(let_go(*(start_driver(run.uri, renew_s=0.2, wrap=wrap) for _ in range(2)))) == ["held", "refused"]


def test_another_machine_is_given_time_for_a_sign(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "_SILENT_S", 0.6)
    monkeypatch.setattr(lease, "_RENEW_S", 0.5)
    note = {"host": "elsewhere", "pid": 1, "started": 0.0, "place": "boot of another", "token": "x"}
    write_note(run, 3, **note, renewed=0)
    timer = threading.Timer(0.2, write_note, [run, 3], note | {"renewed": 1})
    timer.start()
    with pytest.raises(ConfigError, match="on elsewhere"), hold(run):
        pass
    timer.join()
    with hold(run):
        assert read_driver(run)["pid"] == os.getpid()
    write_bytes(run.file("driver", "000009.json"), b"")  # a disk without links, a driver that died in between
    with hold(run):
        assert read_driver(run)["pid"] == os.getpid()


def test_what_comes_of_a_loss_is_called_a_loss(run: RunFolder) -> None:
    """What is interrupted may turn the signal into an error of its own, as Ray does."""
    message = "Ray ended the job"
    with pytest.raises(TransientError, match=message), hold(run):
        raise TransientError(message)

    def work(error: BaseException) -> None:
        with hold(run) as held:
            held.lost = RunError("lost the run: found another one")
            raise error

    for error in (TransientError(message), SystemExit(1)):
        with pytest.raises(RunError, match="found another one"):
            work(error)


@pytest.mark.parametrize("how", ["deleted", "taken"])
def test_a_run_that_is_lost_ends_the_driver(run: RunFolder, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.setattr(lease, "_RENEW_S", 0.1)

    def lose() -> None:
        if how == "deleted":
            shutil.rmtree(run.uri)
        else:
            write_note(run, 2, host="elsewhere", pid=1, token="other")

    timer = threading.Timer(0.3, lose)

    def work() -> None:
        with hold(run) as held:
            held.check()
            timer.start()
            time.sleep(60)  # a video that takes long

    started_s = time.monotonic()
    # A script's `nohup ike-ray segment ... &` ignores SIGINT.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN if how == "taken" else signal.default_int_handler)
    try:
        with pytest.raises(RunError, match="Was the folder deleted" if how == "deleted" else "found another one"):
            work()
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - started_s < 20
    assert signal.getsignal(lease._LOSS_SIGNAL) == signal.SIG_DFL
    timer.join()
    assert Path(run.uri).exists() == (how == "taken")  # it is not made again


def test_upkeep_is_done_meanwhile_and_its_errors_cost_nobody_the_run(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "_RENEW_S", 0.05)
    called = threading.Event()
    with hold_run(run, patience_s=0.0, upkeep=called.set, upkeep_every_s=0.1):
        assert called.wait(10)
    times: list[float] = []

    def fail() -> None:
        times.append(time.monotonic())
        raise InputError("a broken file in the inbox")

    with hold_run(run, patience_s=0.0, upkeep=fail, upkeep_every_s=0.1):
        deadline_s = time.monotonic() + 10
        while len(times) < 3 and time.monotonic() < deadline_s:
            time.sleep(0.05)
        assert read_driver(run)["renewed"] > 0
    assert len(times) >= 3
