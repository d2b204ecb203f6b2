"""What a run found, for use in Python: `ike_ray.load("RUN")`.

A run's folder comes in, and Arrow tables, masks and pictures go out. Nothing is kept: each access reads the folder, which may
still grow.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, UInt8
from pyarrow import dataset, parquet

from ike_ray.errors import InputError
from ike_ray.export.pictures import read_overlays, read_pictures
from ike_ray.masks.rle import read_rle
from ike_ray.run.description import open_run
from ike_ray.run.folder import RunFolder
from ike_ray.run.reviews import read_reviews
from ike_ray.run.segmented import SegmentedVideo, list_frame_files, list_segmented, read_segmented
from ike_ray.run.tables import FRAME_SCHEMA, list_tables, open_tables
from ike_ray.storage.files import read_bytes, read_path


@dataclass(frozen=True)
class Results:
    """The results of one run."""

    run: RunFolder

    @property
    def outcomes(self) -> pa.Table:
        """Return one row for each video that is done, as in `outcomes/*.parquet`. `.to_pandas()` makes a data frame of it."""
        return self.run.read_outcomes()

    @property
    def frames(self) -> dataset.Dataset:
        """Return one row for each frame, as in `frames/*.parquet`, also of videos that are not packed yet.

        Rows are read when they are asked for: `.to_table(columns=..., filter=...)` and `.to_batches()` take what is needed.
        """
        return open_tables(list_frame_files(self.run), FRAME_SCHEMA)

    @property
    def videos(self) -> list[str]:
        """Return the ids of the videos that have masks, in the order in which the run was asked for them."""
        return list_segmented(self.run)

    @property
    def scores(self) -> dict[str, pa.Table]:
        """Return the tables that `ike-ray evaluate` wrote to `metrics/`, by names such as `sequences`; empty without any."""
        uris = list_tables(self.run.file("metrics"))
        return {PurePosixPath(uri).stem: parquet.read_table(io.BytesIO(read_bytes(uri))) for uri in uris}

    @property
    def reviews(self) -> pa.Table:
        """Return one row for each video on whose masks a person gave a verdict; empty before `ike-ray review`."""
        return read_reviews(self.run)

    def read_masks(self, video_id: str) -> Iterator[Bool[np.ndarray, "H W"]]:
        """Yield the mask of each segmented frame of a video, in order, at the video's own size, with one in memory.

        Raises `InputError` if the run has no masks of it.
        """
        video = self._read_video(video_id)
        return (read_rle(row["mask"]) for row in video.rows)

    def read_pictures(self, video_id: str, *, uri: str | None = None) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
        """Yield the segmented frames of a video as they are, in order, with one in memory.

        `uri` is where the video is now, if it moved. Raises `InputError` if the run has no masks of it, and, while it is
        read, if the video has gone or changed.
        """
        video = self._read_video(video_id, uri)
        return (image for image, _ in read_pictures(video))

    def read_overlays(self, video_id: str, *, uri: str | None = None) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
        """Yield the same frames with the objects painted over."""
        return read_overlays(self._read_video(video_id, uri))

    def _read_video(self, video_id: str, uri: str | None = None) -> SegmentedVideo:
        for video in read_segmented(self.run, [video_id]):
            return video if uri is None else replace(video, uri=read_path(uri))
        raise InputError(
            f"{self.run.uri} has no masks of {video_id!r}: expected one of `.videos`. Its row in `.outcomes` says why"
        )


def load(run: str) -> Results:
    """Return the results of a run, from its folder, local or in object storage:

    ```python
    results = ike_ray.load("RUN")
    results.outcomes.to_pandas()
    ```

    Raises `InputError` if there is no run.
    """
    return Results(open_run(read_path(run)))
