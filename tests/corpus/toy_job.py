"""A job in one file, as one adds it: it measures how bright videos are. Items whose name says so misbehave."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as settings_record

from ike_ray.config import WorkersConfig
from ike_ray.config.strict import STRICT
from ike_ray.corpus.filling_job import FillingJob
from ike_ray.engine.job import Answer, Process, SignOfLife
from ike_ray.records import FrameMask, VideoRef, WindowRecord
from ike_ray.run.folder import RunFolder
from ike_ray.run.rows import build_frame_row, describe_frames
from ike_ray.video.manifest import list_videos
from tests.engine.stand_ins import misbehave


@settings_record(frozen=True, kw_only=True, config=STRICT)
class ToyConfig:
    """The whole of the settings of `ike-ray toy`."""

    job: ClassVar[str] = "toy"
    gain: Annotated[float, Field(gt=0)] = 1.0
    """Brightness is multiplied by it."""
    mask: str | None = None
    """A file that every worker reads."""
    workers: WorkersConfig = WorkersConfig()


def load_toy(run: RunFolder, config: ToyConfig) -> Process:
    def measure(refs: Sequence[VideoRef], sign_of_life: SignOfLife) -> list[Answer]:
        answers: list[Answer] = []
        for ref in refs:
            misbehave(Path(ref.video_id).stem, sign_of_life)
            soft_mask = np.full((4, 6), min(1.0, 0.1 * config.gain), np.float32)
            frame = FrameMask(
                frame_index=0,
                timestamp_s=0.0,
                threshold=0.1,
                mask=soft_mask > 0.1,
                soft_mask=soft_mask,
                objects=None,
                confidence=float(soft_mask[0, 0]),
            )
            rows = [build_frame_row(ref.video_id, frame, WindowRecord(window=1, shot=1, history=(), is_converged=True))]
            run.write_frames(ref.video_id, rows)
            answers.append(describe_frames(rows, [], height=4, width=6, fps=None, warning=None))
        return answers

    return measure


TOY = FillingJob(
    settings=ToyConfig,
    nouns="videos",
    list_items=list_videos,
    load=load_toy,
    choose_group_size=lambda config: 2,
    list_files=lambda config: {"mask": config.mask},
)
