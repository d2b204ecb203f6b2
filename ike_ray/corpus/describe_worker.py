"""What one actor of the pool does with one group of videos: a file of the descriptors of all their regions."""

import hashlib
import os
import socket
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ike_ray.config import SemanticsConfig
from ike_ray.corpus.device import choose_device
from ike_ray.corpus.worker import PROGRESS_COLUMNS, STOP
from ike_ray.errors import CrashError, IkeRayError
from ike_ray.semantics.describe import build_describer, build_digest, build_settings_text, describe_videos
from ike_ray.storage.attempts import Attempts, read_attempts, remove_attempts, write_attempts
from ike_ray.storage.credentials import hide_credentials
from ike_ray.storage.descriptors import read_described, write_descriptors
from ike_ray.storage.faults import keep_trying
from ike_ray.storage.run_folder import RunFolder
from ike_ray.storage.segmented import SegmentedVideo, read_part


class DescribeWorker:
    """Takes a group a call. Columns read: part, videos (see `SegmentedVideo`, without rows); returned, a row a video:
    `PROGRESS_COLUMNS`."""

    def __init__(self, run: RunFolder, config: SemanticsConfig) -> None:
        self._run, self._config = run, config
        self._settings = build_settings_text(run.digest, config.descriptors)
        self._digest = build_digest(self._settings)
        self._name = f"{socket.gethostname()}, process {os.getpid()}"
        self._describe = build_describer(config.descriptors, choose_device(config.workers))

    def __call__(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        """Describes the videos of a group and writes their file, then returns the outcome of each.

        A group whose process died before is taken video by video, so that one that kills its process costs itself. Where no
        video could be described (RUN cannot be written, rows cannot be read) the status is `STOP`.
        """
        videos = [SegmentedVideo(**values, rows=()) for values in row["videos"]]
        try:
            return self._take_group(row["part"], videos)
        except IkeRayError as error:
            stop = {"status": STOP, "error_type": type(error).__name__, "error_message": hide_credentials(str(error))}
            return [dict.fromkeys(PROGRESS_COLUMNS) | {"video_id": videos[0].video_id, "uri": videos[0].uri} | stop]

    def _take_group(self, part: str, videos: Sequence[SegmentedVideo]) -> list[dict[str, Any]]:
        name = hashlib.sha256("\n".join(video.video_id for video in videos).encode()).hexdigest()
        attempts = read_attempts(self._run, name)
        if attempts.num_tries == 0:
            return self._describe_counted(part, videos, attempts)
        described = read_described(self._run, self._digest)
        outcomes = []
        for video in videos:
            if video.video_id in described:  # by the lost process
                outcomes.append(build_outcome(video, described[video.video_id]))
                continue
            own = read_attempts(self._run, video.video_id)
            if own.num_tries < self._config.workers.max_tries:
                outcomes += self._describe_counted(part, [video], own)
                continue
            error = CrashError(
                f"its process died {own.num_tries} times. The pictures make a library fail, or take all memory"
            )
            self._write([video], [], {video.video_id: error})
            outcomes.append(build_outcome(video, f"{type(error).__name__}: {error}"))
            remove_attempts(self._run, video.video_id)
        remove_attempts(self._run, name)
        return outcomes

    def _describe_counted(self, part: str, videos: Sequence[SegmentedVideo], attempts: Attempts) -> list[dict[str, Any]]:
        """Notes the try where it outlives this process, and takes the note away when it is over."""
        counted = replace(attempts, num_losses=attempts.num_losses + 1, worker=self._name)
        keep_trying(lambda: write_attempts(self._run, counted), self._run.patience_s)
        rows, failures = describe_videos(read_part(part, videos), self._describe, self._config.descriptors)
        self._write(videos, rows, failures)
        keep_trying(lambda: remove_attempts(self._run, attempts.video_id), self._run.patience_s)
        errors = {video_id: f"{type(error).__name__}: {error}" for video_id, error in failures.items()}
        frames = {(row["video_id"], row["frame_index"]) for row in rows}
        counts = Counter(video_id for video_id, _ in frames)
        return [build_outcome(video, errors.get(video.video_id), counts[video.video_id]) for video in videos]

    def _write(self, videos: Sequence[SegmentedVideo], rows: list[dict[str, Any]], failures: dict[str, Exception]) -> None:
        ids = [video.video_id for video in videos]
        write_descriptors(self._run, ids, rows, failures, digest=self._digest, settings=self._settings)


def build_outcome(video: SegmentedVideo, error: str | None, num_frames: int = 0) -> dict[str, Any]:
    """What became of a video, in `PROGRESS_COLUMNS`; frames are those that have regions."""
    outcome = dict.fromkeys(PROGRESS_COLUMNS) | {"video_id": video.video_id, "uri": video.uri}
    if error is None:
        return outcome | {"status": "ok", "frames": num_frames}
    error_type, _, message = hide_credentials(error).partition(": ")
    return outcome | {"status": "failed", "error_type": error_type, "error_message": message}
