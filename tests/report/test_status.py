from datetime import UTC, datetime, timedelta
from pathlib import Path

from ike_ray.config import Config
from ike_ray.records import VideoRef
from ike_ray.report.status import read_status
from ike_ray.run.attempts import Attempts, write_attempts
from ike_ray.run.description import create_run
from ike_ray.run.parts import pack_inbox
from ike_ray.run.rows import build_outcome_row
from tests.drawn_review import add_verdicts
from tests.drawn_run import DrawnRun

REFS = [VideoRef(video_id=f"v{i}", uri=f"/v{i}") for i in range(10)]
START = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_folder_tells_how_far_it_is(tmp_path: Path) -> None:
    """Five videos, a day's pause, then one every 20 s: the speed is that of the last ones."""
    run = create_run(f"{tmp_path}/run", Config(), "videos", REFS)
    empty = read_status(run)
    assert (empty.num_asked, empty.num_remaining, empty.reasons, empty.left_s) == (10, 10, (), None)
    for number in range(8):
        finished = START + timedelta(days=number >= 5, seconds=20 * number)
        row = build_outcome_row(REFS[number], device="cpu", digest=run.digest, tries=1, losses=0, elapsed_s=3.0)
        row |= {"status": "ok", "frames": 40, "finished": finished}
        if number == 7:
            row |= {"status": "failed", "frames": None, "error_type": "CrashError"}
        run.write_outcome(row)
        if number == 3:
            pack_inbox(run)
    write_attempts(run, Attempts(video_id="v8", worker="host, process 1"))
    status = read_status(run)
    assert (status.num_asked, status.num_remaining, status.num_working) == (10, 2, 1)
    assert status.reasons == (("ok", "", 7, 280, 21.0), ("failed", "CrashError", 1, 0, 3.0))
    assert status.frames_per_s == 40 / 40  # one video with frames in the 40 s since the first after the pause
    assert status.left_s == 2 / (2 / 40)
    assert status.driver is None


def test_verdicts_are_counted(drawn_run: DrawnRun) -> None:
    assert (read_status(drawn_run.run).num_accepted, read_status(drawn_run.run).num_rejected) == (0, 0)
    add_verdicts(drawn_run.run, {"bear": "accepted", "dog.mp4": ["leaks"], "sub/cat.mp4": "withdrawn"})
    assert (read_status(drawn_run.run).num_accepted, read_status(drawn_run.run).num_rejected) == (1, 1)
