"""The job client's own errors; a job that really runs is in tests/cli/test_submit.py."""

import pytest
import ray.job_submission

from ike_ray.corpus.submit import JobServer
from ike_ray.errors import ConfigError
from tests.ray_head import find_free_ports


def test_no_job_server_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    with pytest.raises(
        ConfigError, match=r"cannot reach a job server at http://127\.0\.0\.1:\d+: .*ray dashboard cluster\.yaml"
    ):
        JobServer(f"http://127.0.0.1:{find_free_ports(1)[0]}")


@pytest.mark.parametrize(
    "error", [ImportError("No module named 'aiohttp_cors'"), RuntimeError("require the ray[default] ...")]
)
def test_a_missing_client_names_the_extra(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(address: str) -> None:
        raise error

    monkeypatch.setattr(ray.job_submission, "JobSubmissionClient", fail)
    with pytest.raises(ConfigError, match=r"pip install 'ike_ray\[cluster\]'"):
        JobServer("http://127.0.0.1:8265")


def test_another_ray_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class OldClient:
        _server_ray_version = "2.40.0"

        def __init__(self, address: str) -> None:
            self.address = address

        def get_address(self) -> str:
            return self.address

    monkeypatch.setattr(ray.job_submission, "JobSubmissionClient", OldClient)
    with pytest.raises(ConfigError, match=r"runs Ray 2\.40\.0: expected 2\.6"):
        JobServer("http://127.0.0.1:8265")
