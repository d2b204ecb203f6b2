"""The counters as Prometheus reads them from a real Ray, and the dashboard that shows them."""

import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SCRAPE = """
    import sys, time, urllib.request
    import ray
    from benchmarks.faulty_s3 import find_port
    from ike_ray.engine.metrics import count_outcome

    port = find_port()
    ray.init(num_cpus=1, include_dashboard=False, _metrics_export_port=port, log_to_driver=False)

    @ray.remote
    class Worker:
        def count(self):
            row = {"status": "ok", "tries": 3, "frames": 7, "seconds": 2.0, "seconds_flow": 1.5, "seconds_graph": None}
            count_outcome(row)
            count_outcome(dict.fromkeys(row) | {"status": "failed", "tries": 1, "seconds": 1.0})

    worker = Worker.remote()
    ray.get(worker.count.remote())
    deadline_s = time.monotonic() + 60
    text = ""
    while "ray_ike_ray_stage_seconds_total" not in text and time.monotonic() < deadline_s:
        time.sleep(0.5)
        text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
    print("\\n".join(line for line in text.splitlines() if line.startswith("ray_ike_ray")))
"""


@pytest.mark.ray
def test_prometheus_reads_what_workers_counted() -> None:
    environment = os.environ | {"RAY_AUTH_MODE": "disabled", "PYTHONPATH": str(REPOSITORY)}
    environment.pop("RAY_ADDRESS", None)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SCRAPE)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=150,
        check=True,
    )
    found = {}
    for line in done.stdout.splitlines():
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
