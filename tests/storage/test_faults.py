import errno
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError

from benchmarks.faulty_s3 import find_port
from ike_ray.config import VideoConfig
from ike_ray.errors import ExcludedError, IkeRayError, InputError, TransientError
from ike_ray.records import VideoRef
from ike_ray.storage import faults
from ike_ray.storage.faults import keep_trying, translate_faults
from ike_ray.storage.files import is_file, is_folder, open_binary, read_bytes, read_size
from ike_ray.video.stage import stage_video


@pytest.mark.parametrize(
    ("raised", "ours", "message"),
    [
        (FileNotFoundError("x"), InputError, "cannot open s3://b/k: expected a file, found nothing"),
        (PermissionError("403"), InputError, "may not use s3://b/k"),
        (NoCredentialsError(), InputError, "Unable to locate credentials"),
        (EndpointConnectionError(endpoint_url="http://h"), TransientError, "the same command continues"),
        (OSError(errno.ENOSPC, "No space left on device"), TransientError, "Make room on that disk"),
        (TimeoutError("slow"), TransientError, "cannot use s3://b/k now: slow"),
        (InputError("ours"), InputError, "ours"),
    ],
)
def test_what_a_storage_raises_becomes_ours(raised: Exception, ours: type[Exception], message: str) -> None:
    with pytest.raises(ours, match=message), translate_faults("s3://b/k"):
        raise raised


def test_a_bug_stays_what_it_is() -> None:
    with pytest.raises(ZeroDivisionError), translate_faults("s3://b/k"):
        raise ZeroDivisionError


def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s, pauses = [0.0], []
    monkeypatch.setattr(faults.time, "monotonic", lambda: now_s[0])

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        now_s[0] += seconds

    monkeypatch.setattr(faults.time, "sleep", sleep)

    def fail() -> None:
        raise TransientError("down")

    with pytest.raises(TransientError, match="down"):
        keep_trying(fail, 100.0)
    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    answers = iter([TransientError("down"), TransientError("down"), 5])

    def recover() -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert keep_trying(recover, 100.0) == 5


class _Answers(BaseHTTPRequestHandler):
    """Answers with the status that the path names, three times; then with a video."""

    protocol_version = "HTTP/1.1"
    asked: dict[str, int] = {}  # noqa: RUF012

    def do_HEAD(self) -> None:
        self._answer(has_body=False)

    def do_GET(self) -> None:
        self._answer(has_body=True)

    def _answer(self, *, has_body: bool) -> None:
        name = self.path.partition("?")[0].strip("/")
        status, _, kind = name.partition("-")
        self.asked[self.path] = self.asked.get(self.path, 0) + 1
        if kind == "busy" and self.asked[self.path] > 4:
            status = "200"
        if kind in ("cut", "endless"):
            self.send_response(200)
            self.send_header(*(("Content-Length", "100000") if kind == "cut" else ("Connection", "close")))
            self.end_headers()
            self.close_connection = True
            data = bytes(1000) if kind == "cut" else bytes(3_000_000)
        else:
            data = b"video"
            self.send_response(int(status))
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
        if has_body:
            self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A web server of this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as found:
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{found.server_port}"
        found.shutdown()
        thread.join()


def stage(uri: str) -> bytes:
    with stage_video(VideoRef(video_id="a", uri=uri), VideoConfig()) as staged:
        return Path(staged.uri).read_bytes()


@pytest.mark.parametrize("read", [open_binary, read_bytes, read_size, stage])
@pytest.mark.parametrize(
    ("status", "ours", "message"),
    [
        (401, InputError, "may not use .*: the server answers 401 Unauthorized. Check credentials"),
        (403, InputError, "may not use .*: the server answers 403 Forbidden. Check credentials: a presigned URL"),
        (404, InputError, "cannot open .*: expected a file, found nothing"),
        (410, InputError, "cannot open .*: expected a file, found nothing"),
        (418, InputError, "cannot open .*: expected a file, found none: the server answers 418"),
        (429, TransientError, "now: the server answers 429 Too Many Requests. .*the same command continues"),
        (500, TransientError, "now: the server answers 500 Internal Server Error"),
        (503, TransientError, "now: the server answers 503 Service Unavailable"),
    ],
)
def test_each_answer_of_a_web_server_is_what_it_says(
    server: str, read: Callable[[str], object], status: int, ours: type[IkeRayError], message: str
) -> None:
    with pytest.raises(ours, match=message) as caught:
        read(f"{server}/{status}?X-Amz-Signature=0123abcd")
    assert "0123abcd" not in str(caught.value)
    assert "X-Amz-Signature=***" in str(caught.value)


@pytest.mark.parametrize("read", [open_binary, read_bytes, read_size, stage, is_file, is_folder])
def test_no_answer_is_not_nothing(read: Callable[[str], object]) -> None:
    with pytest.raises(TransientError, match=r"now: Cannot connect to host 127\.0\.0\.1"):
        read(f"http://127.0.0.1:{find_port()}/a.mp4")
    with pytest.raises(TransientError, match=r"now: Cannot connect to host no-such-host\.invalid"):
        read("http://no-such-host.invalid/a.mp4")


@pytest.mark.parametrize("uri", ["http:///a.mp4", "http://[bad/a.mp4", "http://127.0.0.1:99999/a.mp4"])
def test_a_malformed_address_is_an_input(uri: str) -> None:
    for read in (open_binary, read_bytes, stage):
        with pytest.raises(InputError, match=r"cannot (open|reach) .*\. "):
            read(uri)


def test_a_busy_server_is_asked_again(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults.time, "sleep", lambda seconds: None)
    assert keep_trying(lambda: stage(f"{server}/503-busy"), 60.0) == b"video"
    assert keep_trying(lambda: read_bytes(f"{server}/429-busy"), 60.0) == b"video"


def test_a_server_that_breaks_off_or_never_ends(server: str) -> None:
    for read in (read_bytes, stage):
        with pytest.raises(TransientError, match="payload is not completed"):
            read(f"{server}/200-cut")
    ref = VideoRef(video_id="a", uri=f"{server}/200-endless")
    with pytest.raises(ExcludedError, match=r"video\.max_staged_gb"), stage_video(ref, VideoConfig(max_staged_gb=0.002)):
        pass
