import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from ike_ray.errors import ConfigError
from ike_ray.storage import lease
from ike_ray.storage.files import write_bytes
from ike_ray.storage.lease import hold_run, read_driver
from ike_ray.storage.run_folder import RunFolder


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder(uri=str(tmp_path), digest="0" * 12)


def hold(run: RunFolder):
    return hold_run(run, patience_s=0.0, upkeep=lambda: None, upkeep_every_s=1000.0)


def test_a_living_process_keeps_others_off_and_a_dead_one_does_not(run: RunFolder) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(99)"])
    holder = {"host": os.uname().nodename, "pid": other.pid, "started": psutil.Process(other.pid).create_time()}
    write_bytes(run.file("driver.json"), json.dumps(holder).encode())
    with pytest.raises(ConfigError, match=f"worked on by process {other.pid}"), hold(run):
        pass
    other.send_signal(signal.SIGKILL)
    other.wait()
    with hold(run):
        driver = read_driver(run)
        assert driver is not None
        assert driver["pid"] == os.getpid()
    assert read_driver(run) is None


def test_another_machine_is_given_time_for_a_sign(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "_SILENT_S", 0.6)
    monkeypatch.setattr(lease, "_RENEW_S", 0.5)
    holder = {"host": "elsewhere", "pid": 1, "started": 0.0, "renewed": 0}
    write_bytes(run.file("driver.json"), json.dumps(holder).encode())
    threading.Timer(0.2, write_bytes, [run.file("driver.json"), json.dumps(holder | {"renewed": 1}).encode()]).start()
    with pytest.raises(ConfigError, match="on elsewhere"), hold(run):
        pass
    with hold(run):
        assert read_driver(run) != holder


def test_upkeep_is_done_meanwhile(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "_RENEW_S", 0.05)
    called = threading.Event()
    with hold_run(run, patience_s=0.0, upkeep=called.set, upkeep_every_s=0.1):
        assert called.wait(10)
