import errno

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError

from ike_ray.errors import ConfigError, InputError, TransientError
from ike_ray.storage import faults
from ike_ray.storage.faults import keep_trying, translate_faults


@pytest.mark.parametrize(
    ("raised", "ours", "message"),
    [
        (FileNotFoundError("x"), InputError, "cannot open s3://b/k: expected a file, found nothing"),
        (PermissionError("403"), InputError, "may not use s3://b/k"),
        (NoCredentialsError(), ConfigError, "Unable to locate credentials"),
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
