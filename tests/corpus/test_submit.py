"""The job client's own errors; a job that really runs is in tests/cli/test_submit.py."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
import ray
import ray.job_submission
from ray.job_submission import JobStatus

from ike_ray.config import Config
from ike_ray.corpus import submit
from ike_ray.corpus.segment import SEGMENT
from ike_ray.corpus.submit import JobEnd, JobServer, Submission
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


class FakeClient:
    """A job server whose first connection breaks in the middle of the log."""

    _server_ray_version = ray.__version__

    def __init__(self, address: str) -> None:
        self.address = address
        self.num_connections = 0
        self.status = JobStatus.SUCCEEDED
        self.taken: set[str] = set()

    def get_address(self) -> str:
        return self.address

    async def tail_job_logs(self, submission_id: str) -> AsyncIterator[str]:
        self.num_connections += 1
        if self.num_connections == 1:
            yield "one\ntw"
            raise RuntimeError("connection lost")
        yield "one\n"
        yield "two\nthree\n"

    def get_job_info(self, submission_id: str) -> Any:
        return SimpleNamespace(status=self.status, driver_exit_code=0, message=None)

    def list_jobs(self) -> list[Any]:
        return [SimpleNamespace(submission_id=name, status=self.status) for name in self.taken]

    def submit_job(self, *, submission_id: str, **rest: Any) -> str:
        if submission_id in self.taken:
            raise RuntimeError("submission_id is already used")
        self.taken.add(submission_id)
        return submission_id


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> JobServer:
    monkeypatch.setattr(ray.job_submission, "JobSubmissionClient", FakeClient)
    return JobServer("http://127.0.0.1:8265")


def test_a_broken_connection_is_taken_up_where_it_broke(server: JobServer) -> None:
    pieces: list[str] = []
    assert server.follow("x", pieces.append) == JobEnd(status="SUCCEEDED", exit_code=0, message="")
    assert "".join(pieces) == "one\ntwo\nthree\n"


def test_a_silent_server_is_given_up(server: JobServer, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(submission_id: str) -> AsyncIterator[str]:
        raise OSError("nobody there")
        yield ""

    monkeypatch.setattr(submit, "_SILENCE_S", 0.0)
    monkeypatch.setattr(server._client, "tail_job_logs", fail)
    end = server.follow("x", print)
    assert (end.status, end.exit_code) == ("LOST", None)
    assert "nobody there" in end.message


def test_ended_jobs_may_be_repeated_and_running_ones_not(server: JobServer) -> None:
    submission = Submission(job=SEGMENT, source="s3://b/in", run="s3://b/run", config=Config())
    assert [server.submit(submission) for _ in range(3)] == [submission.name + end for end in ("", "-2", "-3")]
    server._client.status = JobStatus.RUNNING
    with pytest.raises(ConfigError, match=r"already fills s3://b/run .* found RUNNING.*ray job stop --address http://127"):
        server.submit(submission)


def test_of_two_at_the_same_moment_one_is_taken(server: JobServer, monkeypatch: pytest.MonkeyPatch) -> None:
    submission = Submission(job=SEGMENT, source="s3://b/in", run="s3://b/run", config=Config())
    server.submit(submission)
    monkeypatch.setattr(server._client, "list_jobs", list)  # asked before the other one was there
    with pytest.raises(ConfigError, match=r"did not take .*already used"):
        server.submit(submission)


def test_another_ray_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class OldClient(FakeClient):
        _server_ray_version = "2.40.0"

    monkeypatch.setattr(ray.job_submission, "JobSubmissionClient", OldClient)
    with pytest.raises(ConfigError, match=r"runs Ray 2\.40\.0: expected 2\.6"):
        JobServer("http://127.0.0.1:8265")
