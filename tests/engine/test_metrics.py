"""The counters as Prometheus reads them from a real Ray, and the dashboard that shows them."""

import json
import re
import time
import urllib.request
from pathlib import Path

import pytest
import ray

from ike_ray.engine.metrics import count_outcome

REPOSITORY = Path(__file__).parents[2]


@ray.remote(num_cpus=0)
class Counting:
    """A worker that counts, and says by which label Prometheus knows it."""

    def count(self) -> str:
        row = {"status": "ok", "tries": 3, "frames": 7, "seconds": 2.0, "seconds_flow": 1.5, "seconds_graph": None}
        count_outcome(row)
        count_outcome(dict.fromkeys(row) | {"status": "failed", "tries": 1, "seconds": 1.0})
        return ray.get_runtime_context().get_worker_id()


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
def test_prometheus_reads_what_workers_counted() -> None:
    worker = Counting.remote()
    label = f'WorkerId="{ray.get(worker.count.remote())}"'
    (node,) = (node for node in ray.nodes() if node["Alive"])
    address = f"http://{node['NodeManagerAddress']}:{node['MetricsExportPort']}/metrics"
    found: dict[tuple[str, str | None], float] = {}
    deadline_s = time.monotonic() + 60
    while len(found) < 6 and time.monotonic() < deadline_s:
        time.sleep(0.5)
        with urllib.request.urlopen(address, timeout=10) as answer:
            lines = [line for line in answer.read().decode().splitlines() if line.startswith("ray_ike_ray") and label in line]
        for line in lines:
            name, labels, value = re.fullmatch(r"(\w+)\{(.*)\} (\S+)", line).groups()
            own = re.search(r'(?:^|,)(?:status|stage)="(\w+)"', labels)
            found[name, own and own[1]] = float(value)
    assert found == {
        ("ray_ike_ray_items_total", "ok"): 1,
        ("ray_ike_ray_items_total", "failed"): 1,
        ("ray_ike_ray_retries_total", None): 2,
        ("ray_ike_ray_frames_total", None): 7,
        ("ray_ike_ray_worker_seconds_total", None): 3,
        ("ray_ike_ray_stage_seconds_total", "flow"): 1.5,
    }
    dashboard = json.loads((REPOSITORY / "docs" / "monitoring" / "grafana.json").read_text())
    shown = {
        name
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for name in re.findall(r"ray_\w+", target["expr"])
    }
    assert shown == {name for name, _ in found}
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
