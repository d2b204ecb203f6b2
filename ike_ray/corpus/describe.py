"""The first half of `ike-ray semantics`: descriptors of all regions of a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ike_ray.config import SemanticsConfig, WorkersConfig
from ike_ray.engine.job import PROGRESS_COLUMNS, Ending, Process
from ike_ray.errors import ConfigError, InputError
from ike_ray.run.description import open_run
from ike_ray.run.descriptors import read_described, write_descriptors
from ike_ray.run.folder import RunFolder
from ike_ray.run.segmented import MaskedVideo

# The number of frames in one file of descriptors. A process holds the descriptors of so many frames, and loses them if it
# dies. A small corpus goes in smaller groups, so that there is one for every worker of a machine.
_MOST_FRAMES, _LEAST_FRAMES, _LEAST_GROUPS = 256, 16, 64


@dataclass(frozen=True, kw_only=True)
class DescribeJob:
    """Describes some videos of one part in each call, and makes one file of descriptors of all their regions.

    Pixels are read where they are described.
    """

    run: RunFolder
    config: SemanticsConfig
    digest: str  # the digest of the descriptors
    settings_text: str  # the text that `digest` is made of

    @property
    def nouns(self) -> str:
        """Return the word for its items. Images are videos of one frame."""
        return "videos"

    @property
    def workers(self) -> WorkersConfig:
        """Return the pool of workers."""
        return self.config.workers

    @property
    def outcomes(self) -> "DescribedVideos":
        """Return the files of descriptors, which also say which videos have none, and why."""
        return DescribedVideos(run=self.run, digest=self.digest, settings_text=self.settings_text)

    def list_groups(self, items: Sequence[MaskedVideo], num_workers: int) -> list[list[MaskedVideo]]:
        """Return neighbouring videos of one part that have enough frames together.

        `num_workers` does not matter, so that the files are the same on all machines.
        """
        total = sum(video.frames for video in items)
        most = max(_LEAST_FRAMES, min(_MOST_FRAMES, total // _LEAST_GROUPS))
        groups: list[list[MaskedVideo]] = []
        for _, videos in groupby(items, lambda video: video.rows_file):
            num_frames = most
            for video in videos:
                if num_frames >= most:
                    groups.append([])
                    num_frames = 0
                groups[-1].append(video)
                num_frames += video.frames
        return groups

    def load(self) -> Process:
        """Load the model of the descriptors."""
        from ike_ray.corpus.describe_process import DescribeProcess  # noqa: PLC0415 # torch stays out of the actors

        return DescribeProcess(self.run, self.config, digest=self.digest, settings_text=self.settings_text)


@dataclass(frozen=True, kw_only=True)
class DescribedVideos:
    """The descriptors of a run. The process writes those of videos that it described, and this writes why others have
    none."""

    run: RunFolder
    digest: str
    settings_text: str

    def check_is_seen(self) -> None:
        """Raise `ConfigError` if this machine does not see the run's folder."""
        try:
            open_run(self.run.uri)
        except InputError as error:
            raise ConfigError(f"this machine does not see the run: {error}. On a cluster RUN is on shared storage") from error

    def read(self, video: MaskedVideo) -> dict[str, Any] | None:
        """Return the outcome of a video that a lost worker has described."""
        described = read_described(self.run, self.digest)
        if video.video_id not in described:
            return None
        error = described[video.video_id]
        if error is None:
            return self.build(video, Ending(columns={"status": "ok"}, tries=1, losses=0, elapsed_s=0.0))
        error_type, _, message = error.partition(": ")
        columns = {"status": "failed", "error_type": error_type, "error_message": message}
        return self.build(video, Ending(columns=columns, tries=1, losses=0, elapsed_s=0.0))

    def build(self, video: MaskedVideo, ending: Ending) -> dict[str, Any]:
        """Return what became of a video, in `PROGRESS_COLUMNS`. Only frames that have regions are counted."""
        known = {"video_id": video.video_id, "uri": video.uri, "seconds": ending.elapsed_s}
        return dict.fromkeys(PROGRESS_COLUMNS) | known | ending.columns

    def write(self, rows: Sequence[dict[str, Any]]) -> None:
        """Write why videos have no descriptors. Raises `RunError`."""
        errors = {row["video_id"]: f"{row['error_type']}: {row['error_message']}" for row in rows if row["status"] != "ok"}
        if errors:
            write_descriptors(self.run, list(errors), [], errors, digest=self.digest, settings=self.settings_text)
