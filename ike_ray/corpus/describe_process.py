"""What a worker's process does with some videos of a part: it makes one file of the descriptors of all their regions."""

from collections import Counter
from collections.abc import Iterator, Sequence

from ike_ray.config import SemanticsConfig
from ike_ray.corpus.device import choose_device
from ike_ray.engine.job import Answer, SignOfLife
from ike_ray.errors import IkeRayError, InputError
from ike_ray.run.descriptors import write_descriptors
from ike_ray.run.folder import RunFolder
from ike_ray.run.segmented import MaskedVideo, SegmentedVideo, read_part
from ike_ray.semantics.describe import build_describer, describe_videos


class DescribeProcess:
    """Loads once, and then describes the videos of one group in each call."""

    def __init__(self, run: RunFolder, config: SemanticsConfig, *, digest: str, settings_text: str) -> None:
        """Load the model. Raises `ConfigError` if the machine lacks a GPU or the model."""
        self._run, self._config, self._digest, self._settings_text = run, config, digest, settings_text
        self._describe = build_describer(config.descriptors, choose_device(config.workers))

    def __call__(self, videos: Sequence[MaskedVideo], sign_of_life: SignOfLife) -> list[Answer]:
        """Write the descriptors of the videos, and return how many frames of each have regions, or why it has none."""
        read = _watch(read_part(videos), sign_of_life)
        rows, failures = describe_videos(read, self._describe, self._config.descriptors)
        good = [video.video_id for video in videos if video.video_id not in failures]
        if good:
            write_descriptors(self._run, good, rows, {}, digest=self._digest, settings=self._settings_text)
        frames = Counter(video_id for video_id, _ in {(row["video_id"], row["frame_index"]) for row in rows})
        return [
            _build_error(failures[video.video_id])
            if video.video_id in failures
            else {"status": "ok", "frames": frames[video.video_id]}
            for video in videos
        ]


def _watch(videos: Iterator[SegmentedVideo], sign_of_life: SignOfLife) -> Iterator[SegmentedVideo]:
    for video in videos:
        sign_of_life()
        yield video


def _build_error(failure: Exception) -> IkeRayError:
    """Return the failure as an error of ours. OpenCV's own errors say that a crop could not be resized."""
    return failure if isinstance(failure, IkeRayError) else InputError(f"its regions cannot be cut out: {failure}")
