"""Which process works on a video, and what became of earlier ones: a small file for each video, while it matters."""

import json
from dataclasses import asdict, dataclass, replace

from ike_ray.run.folder import RunFolder
from ike_ray.storage.files import is_file, list_folder, read_bytes, remove_files, write_bytes


@dataclass(frozen=True, kw_only=True)
class Attempts:
    """The tries of one video so far."""

    video_id: str
    failures: tuple[str, ...] = ()  # why tries failed by the video's own fault, oldest first
    num_losses: int = 0  # tries whose process was killed from outside, or with its machine
    num_shared: int = 0  # tries in a group whose process died, without knowing which video was at fault
    worker: str | None = None  # host and process of the worker that has it now

    @property
    def num_tries(self) -> int:
        """Return the number of tries that ended without an outcome."""
        return len(self.failures) + self.num_losses + self.num_shared


def read_attempts(run: RunFolder, video_id: str) -> Attempts:
    """Return the tries of a video so far. A try that was begun and never ended counts as lost, since its worker is gone."""
    uri = _attempts_file(run, video_id)
    if not is_file(uri):
        return Attempts(video_id=video_id)
    values = json.loads(read_bytes(uri))
    attempts = Attempts(**values | {"failures": tuple(values["failures"])})
    if attempts.worker is not None:
        attempts = replace(attempts, num_losses=attempts.num_losses + 1, worker=None)
    return attempts


def write_attempts(run: RunFolder, attempts: Attempts) -> None:
    """Note a try before it begins, or what became of it."""
    write_bytes(_attempts_file(run, attempts.video_id), json.dumps(asdict(attempts)).encode())


def remove_attempts(run: RunFolder, video_id: str) -> None:
    """Forget the tries of a video that has its outcome."""
    remove_files([_attempts_file(run, video_id)])


def _attempts_file(run: RunFolder, video_id: str) -> str:
    return run.file("attempts", f"{run.video_name(video_id)}.json")


def count_attempts(run: RunFolder) -> int:
    """Return the number of videos that are worked on now, or were when their worker died."""
    return len(list_folder(run.file("attempts")))
