"""What one actor of the pool does with one video: the place where whatever happens becomes an outcome row."""

import logging
import traceback
from typing import Any

import cv2
import torch

from ike_ray.config import Config
from ike_ray.errors import ExcludedError, IkeRayError
from ike_ray.export.rows import build_outcome_row, describe_segmented
from ike_ray.export.write import write_part, write_whole
from ike_ray.flow.estimate import build_flow_estimator
from ike_ray.records import VideoRef
from ike_ray.refine.frames import refine_frames
from ike_ray.segment import segment_video
from ike_ray.storage.run_folder import RunFolder
from ike_ray.timing import Stopwatch

logger = logging.getLogger(__name__)


class SegmentWorker:
    """Loads once, then segments one video a call. Columns read: video_id, uri; returned: `PROGRESS_COLUMNS`."""

    def __init__(self, run: RunFolder, config: Config) -> None:
        torch.set_num_threads(config.workers.num_cpus)
        cv2.setNumThreads(config.workers.num_cpus)
        self._run, self._config = run, config
        self._device = torch.device("cuda" if config.workers.num_gpus > 0 else "cpu")
        self._estimate_flow = build_flow_estimator(config.flow, self._device)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Segments the video of a row and writes its outcome, whatever happens."""
        ref = VideoRef(video_id=row["video_id"], uri=row["uri"])
        stopwatch = Stopwatch()
        try:
            found = self._segment(ref, stopwatch)
        except ExcludedError as error:
            found = _describe_error("skipped", error)
        except Exception as error:  # the one place: a video costs its own row, never the run
            logger.warning("%s failed", ref.video_id, exc_info=error)
            found = _describe_error("failed", error)
        outcome = build_outcome_row(
            ref, device=self._device.type, digest=self._run.digest, stages=stopwatch.seconds, elapsed_s=stopwatch.elapsed_s
        )
        outcome |= found
        self._run.write_outcome(outcome)
        return {name: outcome[name] for name in PROGRESS_COLUMNS}

    def _segment(self, ref: VideoRef, stopwatch: Stopwatch) -> dict[str, Any]:
        """Segments and writes part by part, then writes what needs the whole video; returns columns of its outcome."""
        config, rows, windows = self._config, [], []
        parts = segment_video(ref, config, estimate_flow=self._estimate_flow, device=self._device, stopwatch=stopwatch)
        for part in parts:
            with stopwatch.measure("write"):
                masks = stopwatch.measure_iterator("refine", refine_frames(part))
                rows += write_part(self._run, part, config.output, ref=ref, masks=masks)
            windows.append(part.record)
        with stopwatch.measure("write"):
            write_whole(self._run, rows, config.output, ref=ref, fps=part.clip.fps, video_config=config.video)
        return describe_segmented(windows, rows, part.clip)


# What goes back to the driver of each outcome: numbers and words, no masks.
PROGRESS_COLUMNS = ("video_id", "uri", "status", "error_type", "error_message", "warning", "frames", "seconds")


def _describe_error(status: str, error: Exception) -> dict[str, Any]:
    message = str(error) or repr(error)
    if not isinstance(error, IkeRayError):  # not ours: say where, since the worker's log may be on a machine that is gone
        place = traceback.extract_tb(error.__traceback__)[-1]
        message = f"{message} (in {place.name}, {place.filename}:{place.lineno})"
    return {"status": status, "error_type": type(error).__name__, "error_message": message}
