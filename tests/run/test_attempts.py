from dataclasses import replace
from pathlib import Path

from ike_ray.run.attempts import Attempts, read_attempts, remove_attempts, write_attempts
from ike_ray.run.folder import RunFolder


def test_a_try_that_never_ended_is_a_loss(tmp_path: Path) -> None:
    run = RunFolder(uri=str(tmp_path), digest="0" * 12)
    attempts = read_attempts(run, "../a")
    assert attempts == Attempts(video_id="../a")
    write_attempts(run, replace(attempts, worker="host, process 1", failures=("CrashError: x",)))
    attempts = read_attempts(run, "../a")
    assert (attempts.num_losses, attempts.failures, attempts.worker) == (1, ("CrashError: x",), None)
    assert attempts.num_tries == 2
    write_attempts(run, attempts)
    assert read_attempts(run, "../a") == attempts
    remove_attempts(run, "../a")
    remove_attempts(run, "../a")
    assert read_attempts(run, "../a") == Attempts(video_id="../a")
    assert {path.parent for path in tmp_path.rglob("*.json")} == set()
