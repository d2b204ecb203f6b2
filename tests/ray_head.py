"""A Ray head of a test's own: own ports, temporary folder and home, ended by its process group.

`ray stop` would end every Ray of the machine, and a Ray in the user's home would leave a token there.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ray._private.services import get_node_ip_address

REPOSITORY = Path(__file__).parents[1]
HEAD_TYPE = "ray.head.default"  # the only name that the fake provider knows
# Of the fake provider, which starts one more raylet on this machine for every node.
FAKE_HEAD_ID = "f" * 51 + "00000"
FAKE_PROVIDER = "ray.autoscaler._private.fake_multi_node.node_provider.FakeMultiNodeProvider"
# Five seconds on an idle machine; thirty were seen on a busy one.
START_S = 100


@dataclass(frozen=True, kw_only=True)
class RayHead:
    """A running head."""

    address: str
    job_server: str
    home: Path
    environment: Mapping[str, str]

    @property
    def launcher_file(self) -> Path:
        return self.home / "ray_bootstrap_config.yaml"


def list_node_states(head: RayHead) -> list[str]:
    """ALIVE or DEAD, for each node that there was since the head started, itself among them."""
    with urllib.request.urlopen(f"{head.job_server}/api/v0/nodes", timeout=30) as answer:
        nodes = json.load(answer)["data"]["result"]["result"]
    return [node["state"] for node in nodes]


def wait_until_alone(head: RayHead) -> None:
    """Waits until the head is known as a node, and the autoscaler has ended those that it added.

    A driver on this machine may attach itself to any raylet here, and would hang with one that is about to be ended.
    """
    deadline_s = time.monotonic() + START_S
    while list_node_states(head).count("ALIVE") != 1:
        assert time.monotonic() < deadline_s, "no head, or idle nodes that were not ended"
        time.sleep(0.5)


@contextmanager
def start_head(
    *, num_cpus: int, node_types: Mapping[str, Any] | None = None, autoscaler_version: int = 2
) -> Iterator[RayHead]:
    """`ray start --head`, with an autoscaler over `node_types` where there are any."""
    folder = Path(tempfile.mkdtemp(prefix="head-"))  # not pytest's: a socket's path has 107 characters at most
    port, job_port, *others = find_free_ports(5)
    home = folder / "home"
    home.mkdir()
    head = RayHead(
        address=f"{get_node_ip_address()}:{port}",
        job_server=f"http://127.0.0.1:{job_port}",
        home=home,
        environment=build_environment(home),
    )
    environment = dict(head.environment)
    command = [
        *(str(Path(sys.executable).with_name("ray")), "start", "--head", "--block", f"--num-cpus={num_cpus}", "--num-gpus=0"),
        *(f"--port={port}", f"--dashboard-port={job_port}", f"--dashboard-agent-listen-port={others[0]}"),
        *(f"--ray-client-server-port={others[1]}", f"--metrics-export-port={others[2]}"),
        *("--min-worker-port=0", "--max-worker-port=0", "--object-store-memory=150000000", f"--temp-dir={folder / 'ray'}"),
    ]
    if node_types is not None:
        head.launcher_file.write_text(yaml.safe_dump(build_launcher_config(head.address, node_types), sort_keys=False))
        command.append(f"--autoscaling-config={head.launcher_file}")
        environment |= build_autoscaler_environment(autoscaler_version)
    log = folder / "head.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(command, env=environment, stdout=stream, stderr=stream, start_new_session=True)
    try:
        wait_for(head.job_server, process, log)
        yield head
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        time.sleep(1)  # the workers notice that their raylet is gone
        shutil.rmtree(folder, ignore_errors=True)


def build_environment(home: Path) -> dict[str, str]:
    left_out = ("RAY_ADDRESS", "RAY_API_SERVER_ADDRESS", "RAY_JOB_CONFIG_JSON_ENV_VAR")
    # The command of a job says `python`, and means the one that runs these tests.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    own = {
        "HOME": str(home),
        "RAY_AUTH_MODE": "disabled",
        "PYTHONPATH": str(REPOSITORY),
        "RAY_USAGE_STATS_ENABLED": "0",
        "PATH": path,
    }
    return {name: value for name, value in os.environ.items() if name not in left_out} | own


def build_autoscaler_environment(version: int) -> dict[str, str]:
    common = {"RAY_FAKE_CLUSTER": "1", "AUTOSCALER_UPDATE_INTERVAL_S": "1"}
    if version == 1:
        return common | {"RAY_enable_autoscaler_v2": "0"}
    # As `ray up` sets them on the head.
    return common | {
        "RAY_enable_autoscaler_v2": "1",
        "RAY_CLOUD_INSTANCE_ID": FAKE_HEAD_ID,
        "RAY_OVERRIDE_NODE_ID_FOR_TESTING": FAKE_HEAD_ID,
        "RAY_NODE_TYPE_NAME": HEAD_TYPE,
    }


def build_launcher_config(address: str, node_types: Mapping[str, Any]) -> dict[str, Any]:
    """`ray up`'s file on the head, for the fake provider. Named as an external one: a wheel lacks the fake one's defaults."""
    empty_lists = ("initialization", "setup", "head_setup", "worker_setup", "head_start_ray", "worker_start_ray")
    return {
        "cluster_name": "fake",
        "max_workers": 4,
        "idle_timeout_minutes": 0.1,
        "upscaling_speed": 10,
        "provider": {
            **{"type": "external", "module": FAKE_PROVIDER, "head_node_id": FAKE_HEAD_ID},
            **{"launch_multiple": True, "use_node_id_as_ip": True, "gcs_address": address},
        },
        "available_node_types": {
            HEAD_TYPE: {"resources": {"CPU": 0}, "node_config": {}, "max_workers": 0},
            **{name: {"node_config": {}, "min_workers": 0, **found} for name, found in node_types.items()},
        },
        "head_node_type": HEAD_TYPE,
        **{"auth": {}, "docker": {}, "file_mounts": {}, "cluster_synced_files": [], "rsync_exclude": [], "rsync_filter": []},
        "file_mounts_sync_continuously": False,
        **{f"{name}_commands": [] for name in empty_lists},
    }


def find_free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, each another."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def wait_for(job_server: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline_s = time.monotonic() + START_S
    while time.monotonic() < deadline_s and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{job_server}/api/jobs/", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            pass
        time.sleep(0.3)
    raise AssertionError(f"the head did not start:\n{log.read_text()[-3000:]}")
