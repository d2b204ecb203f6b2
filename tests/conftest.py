"""What tests share: the folder of real clips, drawn clips, small settings, one Ray for the whole session."""

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import ray
import torch

from ike_ray.config import Config
from ike_ray.datasets.synthetic import DrawnClip, draw_clip
from ike_ray.engine.cluster import start_ray
from ike_ray.settings import read_config
from tests.drawn_run import DrawnRun, write_drawn_run

REPOSITORY = Path(__file__).parents[1]

# For the processes of pytest-xdist and for those that tests start: threads of several at once would wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in a hook of this name
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Divide the tests. `make test` runs two processes, which spend half their time waiting for Rays to start.

    One of them gets all tests that share the session's Ray, and each gets whole modules of the others."""
    for item in items:
        has_ray = "local_ray" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("local_ray" if has_ray else item.location[0]))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real clips and golden arrays. Tests that need them are skipped if they are not there."""
    folder = Path(os.environ.get("IKE_RAY_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set IKE_RAY_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def drawn_clip() -> DrawnClip:
    """Twelve small frames with exact flow and masks."""
    return draw_clip(0, num_frames=12, height=64, width=96)


@pytest.fixture(scope="session")
def small_config() -> Config:
    """Settings under which a small clip takes a second or two."""
    return read_config("video: {working_size_px: [48, 64]}\nnetwork: {num_steps: 6}\ncycle: {max_cycles: 2}")


@pytest.fixture
def drawn_run(tmp_path: Path) -> DrawnRun:
    """A small finished run whose masks are known."""
    return write_drawn_run(str(tmp_path))


@pytest.fixture
def silent_server() -> Iterator[str]:
    """The address of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(scope="session", autouse=True)
def own_ray_folder() -> Iterator[None]:
    """A folder for the Rays of these tests alone. In the usual folder each would join a cluster that somebody has there."""
    with (
        tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("RAY_TMPDIR", folder)  # not pytest's: a socket's path has 107 characters at most
        yield


@pytest.fixture(scope="session")
def local_ray(own_ray_folder: None) -> Iterator[None]:
    """One Ray on this machine for all tests, without the token that it would write into the user's home."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "disabled")
        patch.delenv("RAY_ADDRESS", raising=False)
        patch.setenv("PYTHONPATH", str(REPOSITORY / "tests" / "no_torchvision"))
        # Ray's workers would run at nice 15: on a slow machine, the other process of `make test` would keep them waiting.
        patch.setenv("RAY_worker_niceness", "0")
        start_ray(num_cpus=4)
        yield
        ray.shutdown()
