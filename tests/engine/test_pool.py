"""The whole chain while parts of it are killed: every video ends as one row, and what was done is not done again."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest
import s3fs

from benchmarks.faulty_s3 import FaultyProxy, read_environment, start_s3
from ike_ray.config import Config, WorkersConfig
from ike_ray.corpus import fill_run
from ike_ray.corpus.fill_run import carry_missing
from ike_ray.datasets.synthetic import draw_clip
from ike_ray.engine import pool
from ike_ray.errors import ConfigError, RunError
from ike_ray.records import VideoRef
from ike_ray.run import lease
from ike_ray.run.description import create_run
from ike_ray.run.folder import RunFolder
from ike_ray.run.lease import read_driver
from ike_ray.run.parts import pack_inbox
from ike_ray.video.write import write_video
from tests.engine.stand_ins import StandIn

pytestmark = pytest.mark.ray
REPOSITORY = Path(__file__).parents[2]


def list_refs(*names: str) -> list[VideoRef]:
    return [VideoRef(video_id=name, uri=f"/videos/{name}") for name in names]


def count_tries(log: Path) -> Counter[str]:
    return Counter({path.name: len(path.read_text().split()) for path in log.iterdir() if path.name != "groups"})


def check_rows(run: RunFolder, refs: list[VideoRef], failed: dict[str, str]) -> None:
    """One row a video, for any reader of Parquet, and only these failed."""
    rows = pd.read_parquet(run.file("outcomes"))
    assert sorted(rows["video_id"]) == sorted(ref.video_id for ref in refs)
    reasons = rows[rows["status"] != "ok"].set_index("video_id")["error_type"]
    assert reasons.to_dict() == failed


@pytest.mark.usefixtures("local_ray")
def test_poison_costs_its_rows_only(tmp_path: Path) -> None:
    refs = list_refs("a", "segfault", "b", "hang", "c", "broken", "killed@2", "d")
    run = create_run(f"{tmp_path}/run", Config(), "", refs)
    (tmp_path / "log").mkdir()
    config = WorkersConfig(num_workers=2, max_tries=2, time_limit_s=2.0, patience_s=0.0)
    carry_missing(refs, run, StandIn(str(tmp_path / "log"), run=run, workers=config))
    check_rows(run, refs, {"segfault": "CrashError", "hang": "TimeLimitError", "broken": "InputError"})


@pytest.mark.usefixtures("local_ray")
def test_what_a_machine_lacks_stops_the_run_with_its_reason(tmp_path: Path) -> None:
    refs = list_refs("a", "b", "c")
    run = create_run(f"{tmp_path}/run", Config(), "", refs)
    (tmp_path / "no-gpu").touch()
    with pytest.raises(ConfigError, match="no GPU on this machine"):
        carry_missing(refs, run, StandIn(str(tmp_path), run=run, workers=WorkersConfig(num_workers=2)))
    assert read_driver(run) is None
    (tmp_path / "run" / "run.yaml").unlink()
    with pytest.raises(ConfigError, match="does not see the run at"):
        carry_missing(refs, run, StandIn(str(tmp_path), run=run, workers=WorkersConfig(num_workers=1)))


@pytest.mark.usefixtures("local_ray")
def test_a_fault_of_run_stops_the_run_and_costs_no_row(tmp_path: Path) -> None:
    """The same command goes on once there is room."""
    refs = list_refs("a", "full@1", "b")
    run = create_run(f"{tmp_path}/run", Config(), "", refs)
    (tmp_path / "log").mkdir()
    config = WorkersConfig(num_workers=1, patience_s=0.0)
    with pytest.raises(RunError, match="no room where the run is"):
        carry_missing(refs, run, StandIn(str(tmp_path / "log"), run=run, workers=config))
    assert "full@1" not in run.read_outcomes(["video_id"])["video_id"].to_pylist()
    carry_missing(refs, run, StandIn(str(tmp_path / "log"), run=run, workers=config))
    check_rows(run, refs, {})


@pytest.mark.usefixtures("local_ray")
def test_a_corpus_goes_in_rounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_ITEMS_A_ROUND", 3)
    monkeypatch.setattr(pool, "_ITEMS_A_WORKER", 1)
    refs = list_refs(*(f"v{i}" for i in range(7)))
    run = create_run(f"{tmp_path}/run", Config(), "", refs)
    (tmp_path / "log").mkdir()
    carry_missing(refs, run, StandIn(str(tmp_path / "log"), run=run, workers=WorkersConfig(num_workers=2, patience_s=0.0)))
    check_rows(run, refs, {})
    tries = {path.name: path.read_text().split() for path in (tmp_path / "log").glob("v*")}
    assert all(len(pids) == 1 for pids in tries.values())
    # Three rounds, each with workers of its own.
    assert len({pid for pids in tries.values() for pid in pids}) >= 3


@pytest.mark.usefixtures("local_ray")
def test_packing_all_the_time_disturbs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread packs as fast as it can while rows come in, and is at it when the last ones are to be packed."""
    packing = threading.Lock()

    def pack_slowly(run: RunFolder) -> int:
        assert packing.acquire(blocking=False), "two threads pack at once"
        try:
            time.sleep(0.2)
            return pack_inbox(run)
        finally:
            packing.release()

    monkeypatch.setattr(lease, "_RENEW_S", 0.0)
    monkeypatch.setattr(fill_run, "_PACK_EVERY_S", 0.0)
    monkeypatch.setattr(fill_run, "pack_inbox", pack_slowly)
    refs = list_refs(*(f"v{i}" for i in range(12)))
    run = create_run(f"{tmp_path}/run", Config(), "", refs)
    (tmp_path / "log").mkdir()
    carry_missing(refs, run, StandIn(str(tmp_path / "log"), run=run, workers=WorkersConfig(num_workers=2, patience_s=0.0)))
    check_rows(run, refs, {})
    assert not list(Path(run.file("inbox")).rglob("*.parquet"))


@pytest.mark.usefixtures("local_ray")
def test_killed_actors_and_processes_cost_a_try(tmp_path: Path) -> None:
    refs = list_refs(*(f"v{i}" for i in range(12)))
    run = create_run(f"{tmp_path}/run", Config(), "", refs)
    (tmp_path / "log").mkdir()
    killed = []

    @contextmanager
    def show(num_missing: int) -> Iterator[Callable[[dict[str, Any]], None]]:
        def report(outcome: dict[str, Any]) -> None:
            if len(killed) < 2:
                pid = int((tmp_path / "log" / outcome["video_id"]).read_text().split()[-1])
                process = psutil.Process(pid)
                victim = process if killed else process.parent()  # the actor first, then a process
                assert victim is not None
                killed.append(victim.name())
                victim.kill()

        yield report

    config = WorkersConfig(num_workers=2, patience_s=0.0)
    carry_missing(refs, run, StandIn(str(tmp_path / "log"), seconds=0.4, run=run, workers=config), show=show)
    check_rows(run, refs, {})
    assert len(killed) == 2
    assert killed[0].startswith("ray::")
    assert sum(count_tries(tmp_path / "log").values()) <= len(refs) + 2
    assert not list(Path(run.file("attempts")).glob("*.json"))  # a kill may leave a temporary name


DRIVER = """
    import sys
    from ike_ray.config import Config, WorkersConfig
    from ike_ray.corpus.fill_run import carry_missing
    from ike_ray.run.description import create_run
    from tests.engine.stand_ins import StandIn
    from tests.engine.test_pool import list_refs

    refs = list_refs(*(f"v{i}" for i in range(12)))
    run = create_run(sys.argv[1], Config(), "", refs)
    carry_missing(refs, run, StandIn(sys.argv[2], seconds=0.5, run=run, workers=WorkersConfig(num_workers=2, patience_s=0.0)))
"""


def start_driver(tmp_path: Path) -> subprocess.Popen[bytes]:
    (tmp_path / "log").mkdir(exist_ok=True)
    environment = os.environ | {"RAY_AUTH_MODE": "disabled", "PYTHONPATH": str(REPOSITORY)}
    environment.pop("RAY_ADDRESS", None)
    command = [sys.executable, "-c", textwrap.dedent(DRIVER), f"{tmp_path}/run", f"{tmp_path}/log"]
    return subprocess.Popen(command, env=environment)


@pytest.mark.rare
def test_a_killed_driver_is_continued_by_the_same_command(tmp_path: Path) -> None:
    driver = start_driver(tmp_path)
    inbox = tmp_path / "run" / "inbox" / "outcomes"
    deadline_s = time.monotonic() + 90
    while not (inbox.exists() and len(list(inbox.glob("*.parquet"))) >= 3):
        assert driver.poll() is None
        assert time.monotonic() < deadline_s
        time.sleep(0.05)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    time.sleep(2)  # its workers end by themselves
    run = RunFolder(uri=f"{tmp_path}/run", digest=create_run(f"{tmp_path}/run", Config(), "", []).digest)
    done = run.read_outcomes(["video_id"])["video_id"].to_pylist()
    assert 3 <= len(done) < 12
    before = count_tries(tmp_path / "log")
    assert start_driver(tmp_path).wait(timeout=100) == 0
    check_rows(run, list_refs(*(f"v{i}" for i in range(12))), {})
    after = count_tries(tmp_path / "log")
    assert all(after[name] == before[name] for name in done)


NODES = """
    import os, sys
    from contextlib import contextmanager
    import ray
    from ray.cluster_utils import Cluster
    from ike_ray.config import Config, WorkersConfig
    from ike_ray.corpus.fill_run import carry_missing
    from ike_ray.run.description import create_run
    from tests.engine.stand_ins import StandIn
    from tests.engine.test_pool import list_refs

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
    os.environ["RAY_ADDRESS"] = cluster.address
    seen = []

    @contextmanager
    def show(num_missing):
        def report(outcome):
            seen.append(outcome["video_id"])
            if len(seen) == 3:
                cluster.remove_node(nodes[0], allow_graceful=False)
        yield report

    refs = list_refs(*(f"v{i}" for i in range(12)))
    run = create_run(sys.argv[1], Config(), "", refs)
    carry_missing(refs, run, StandIn(sys.argv[2], seconds=0.5, run=run, workers=WorkersConfig(patience_s=0.0)), show=show)
    assert sorted(seen) == sorted(ref.video_id for ref in refs)
    cluster.shutdown()
"""


def check_cluster(tmp_path: Path, script: str, *, num_videos: int, within_s: float) -> None:
    """The script's job has one good row a video, and the node that dies costs no more than a try of each of two workers."""
    (tmp_path / "log").mkdir()
    environment = os.environ | {"RAY_AUTH_MODE": "disabled", "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-c", textwrap.dedent(script), f"{tmp_path}/run", f"{tmp_path}/log"]
    subprocess.run(command, env=environment, check=True, timeout=within_s)
    check_rows(RunFolder(uri=f"{tmp_path}/run", digest=""), list_refs(*(f"v{i}" for i in range(num_videos))), {})
    assert sum(count_tries(tmp_path / "log").values()) <= num_videos + 2


@pytest.mark.rare
def test_a_node_that_dies_costs_its_tries_only(tmp_path: Path) -> None:
    check_cluster(tmp_path, NODES, num_videos=12, within_s=150)


GROWTH = """
    import os, sys
    from contextlib import contextmanager
    from pathlib import Path
    import ray
    from ray.cluster_utils import Cluster
    from ike_ray.config import Config, WorkersConfig
    from ike_ray.corpus.fill_run import carry_missing
    from ike_ray.run.description import create_run
    from tests.engine.stand_ins import StandIn
    from tests.engine.test_pool import list_refs

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    first = cluster.add_node(num_cpus=1)
    os.environ["RAY_ADDRESS"] = cluster.address
    seen, processes, events = [], set(), []

    @contextmanager
    def show(num_missing):
        def report(outcome):
            seen.append(outcome["video_id"])
            processes.update(Path(sys.argv[2], outcome["video_id"]).read_text().split())
            if not events:
                cluster.add_node(num_cpus=2)
                events.append("a node of two CPUs joins")
            if events == ["a node of two CPUs joins"] and len(processes) == 3:
                cluster.remove_node(first, allow_graceful=False)
                events.append("the first node dies")
        yield report

    refs = list_refs(*(f"v{i}" for i in range(120)))
    run = create_run(sys.argv[1], Config(), "", refs)
    carry_missing(refs, run, StandIn(sys.argv[2], seconds=0.3, run=run, workers=WorkersConfig(patience_s=0.0)), show=show)
    assert sorted(seen) == sorted(ref.video_id for ref in refs)
    assert len(events) == 2, (events, processes)
    cluster.shutdown()
"""


@pytest.mark.rare
def test_a_pool_grows_onto_a_node_that_joins_and_goes_on_there(tmp_path: Path) -> None:
    check_cluster(tmp_path, GROWTH, num_videos=120, within_s=170)


@pytest.mark.rare
def test_a_corpus_in_a_bucket_that_fails_now_and_then(tmp_path: Path) -> None:
    """Input and RUN on S3 through faults; the rows are those of a local run, and no object holds a secret."""
    for seed in range(3):
        write_video(f"{tmp_path}/clips/{seed}.mp4", draw_clip(seed, num_frames=5, height=64, width=96).frames, 10.0)
    (tmp_path / "clips" / "text.mp4").write_text("no video")
    settings = [
        "video.working_size_px=[48, 64]",
        "network.num_steps=4",
        "graph.published.max_iterations=3",
        "workers.num_workers=2",
    ]
    options = [part for setting in settings for part in ("--set", setting)]
    with start_s3() as port, FaultyProxy(port, 0.1, seed=3).run() as proxy:
        secrets = read_environment(proxy.port)
        names = {"key": secrets["AWS_ACCESS_KEY_ID"], "secret": secrets["AWS_SECRET_ACCESS_KEY"]}
        bucket = s3fs.S3FileSystem(
            **names, client_kwargs={"endpoint_url": f"http://127.0.0.1:{port}"}, skip_instance_cache=True
        )
        bucket.mkdir("bucket")
        bucket.put(f"{tmp_path}/clips", "bucket/clips", recursive=True)
        environment = os.environ | secrets | {"RAY_AUTH_MODE": "disabled"}
        environment.pop("RAY_ADDRESS", None)
        said = ""
        for source, run in (("s3://bucket/clips", "s3://bucket/run"), (f"{tmp_path}/clips", f"{tmp_path}/run")):
            command = [sys.executable, "-m", "ike_ray.cli", "segment", source, "--out", run, *options]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=170, check=False)
            assert done.returncode == 0, done.stderr
            said += done.stdout + done.stderr
        bucket.get("bucket/run", f"{tmp_path}/from-bucket", recursive=True)
        assert sum(proxy.counts.values()) > proxy.counts["none"]
    local, remote = (
        pd.read_parquet(tmp_path / name / "frames").sort_values(["video_id", "frame_index"], ignore_index=True)
        for name in ("run", "from-bucket")
    )
    pd.testing.assert_frame_equal(local, remote)
    rows = pd.read_parquet(tmp_path / "from-bucket" / "outcomes")
    assert sorted(rows["status"]) == ["failed", "ok", "ok", "ok"]
    assert rows.set_index("video_id").loc["text.mp4", "error_message"].startswith("cannot read s3://bucket/clips/text.mp4")
    written = b"".join(path.read_bytes() for path in (tmp_path / "from-bucket").rglob("*") if path.is_file())
    for secret in names.values():
        assert secret not in said
        assert secret.encode() not in written
