"""Samples of the videos that a student learns from. A process of its own reads them, and a video that crashes it is left
out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from ike_ray.config import TrainConfig
from ike_ray.engine.job import Answer, Process, SignOfLife
from ike_ray.engine.messages import Done, Retry
from ike_ray.engine.supervisor import Limits, Supervisor
from ike_ray.errors import InputError, WorkerError
from ike_ray.run.segmented import MaskedVideo, read_masked
from ike_ray.storage.faults import keep_trying
from ike_ray.student.model_folder import write_unread
from ike_ray.student.samples import Sample, choose_frames, read_samples


@dataclass(frozen=True, kw_only=True)
class Visit:
    """Some frames of a video, at equal distances. Another phase gives other frames."""

    video: MaskedVideo
    num_frames: int
    phase: int

    @property
    def video_id(self) -> str:
        """Return the video's id."""
        return self.video.video_id

    @property
    def uri(self) -> str:
        """Return the video's place."""
        return self.video.uri


@dataclass(frozen=True, kw_only=True)
class _ReadingJob:
    config: TrainConfig

    def load(self) -> Process:
        return self.read

    def read(self, visits: Sequence[Visit], sign_of_life: SignOfLife) -> list[Answer]:
        """Return the samples of each visit. Raises `InputError` if a video cannot be read."""
        return [{"samples": self._read_visit(visit)} for visit in visits]

    def _read_visit(self, visit: Visit) -> list[Sample]:
        chosen = choose_frames(read_masked(visit.video), visit.num_frames, visit.phase)
        return list(read_samples(chosen, self.config.student, self.config.samples))


class SampleReader:
    """Holds the process that reads. Each worker of a training has one, and so has each actor that reads for them."""

    def __init__(self, model: str, config: TrainConfig, memory_bytes: int) -> None:
        limits = Limits(memory_bytes=memory_bytes, time_s=config.workers.time_limit_s)
        self._model, self._config = model, config
        self._supervisor = Supervisor(_ReadingJob(config=config), limits)

    def read(self, visit: Visit) -> list[Sample]:
        """Return the samples of a visit. A video that cannot be read has none, and is noted in the student's folder.

        A video that makes its process crash, take too much memory or hang is tried `workers.max_tries` times. Raises
        `TransientError` if a storage does not answer for `workers.patience_s`.
        """
        patience_s, reason = self._config.workers.patience_s, ""
        for _ in range(self._config.workers.max_tries):
            try:
                done = keep_trying(partial(self._ask, visit), patience_s)
            except WorkerError as error:
                reason = f"{type(error).__name__}: {error} (given up after {self._config.workers.max_tries} tries)"
                continue
            if "samples" in done.columns:
                return done.columns["samples"]
            reason = done.columns["error_message"]
            break
        keep_trying(lambda: write_unread(self._model, visit.video, InputError(reason)), patience_s)
        return []

    def close(self) -> None:
        """End the process."""
        self._supervisor.close()

    def _ask(self, visit: Visit) -> Done:
        answers = self._supervisor.run([visit])
        assert answers is not None  # only a group can be split
        match answers[0]:
            case Retry(error):
                raise error
            case Done() as done:
                return done
