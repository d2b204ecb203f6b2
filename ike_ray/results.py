"""What a run found, for use in Python: `ike_ray.load("RUN")`.

In comes a run's folder, out come Arrow tables, masks and pictures. Nothing is kept: each access reads the folder, which may
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
        """One row a video that is done, as in `outcomes/*.parquet`; `.to_pandas()` makes a data frame of it."""
        return self.run.read_outcomes()

    @property
    def frames(self) -> dataset.Dataset:
        """One row a frame, as in `frames/*.parquet`, of videos that are not packed yet, too. Read only when asked:
        `.to_table(columns=..., filter=...)` and `.to_batches()` take what is needed of it."""
        return open_tables(list_frame_files(self.run), FRAME_SCHEMA)

    @property
    def videos(self) -> list[str]:
        """Ids of the videos that have masks, in the order in which the run was asked for them."""
        return list_segmented(self.run)

    @property
    def scores(self) -> dict[str, pa.Table]:
        """The tables that `ike-ray evaluate` wrote to `metrics/`, by their names, such as `sequences`; empty without any."""
        uris = list_tables(self.run.file("metrics"))
        return {PurePosixPath(uri).stem: parquet.read_table(io.BytesIO(read_bytes(uri))) for uri in uris}

    @property
    def reviews(self) -> pa.Table:
        """One row a video on whose masks a person gave a verdict, as in `reviews.parquet`; empty before `ike-ray review`."""
        return read_reviews(self.run)

    def read_masks(self, video_id: str) -> Iterator[Bool[np.ndarray, "H W"]]:
        """The mask of each segmented frame of a video, in order, at the video's own size, one in memory.

        Raises `InputError` where the run has no masks of it.
        """
        video = self._read_video(video_id)
        return (read_rle(row["mask"]) for row in video.rows)

    def read_pictures(self, video_id: str, *, uri: str | None = None) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
        """The segmented frames of a video as they are, in order, one in memory. `uri` is where it is now, if it moved.

        Raises `InputError` where the run has no masks of it, and while it is read where the video has gone or changed.
        """
        video = self._read_video(video_id, uri)
        return (image for image, _ in read_pictures(video))

    def read_overlays(self, video_id: str, *, uri: str | None = None) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
        """The same with the objects painted over."""
        return read_overlays(self._read_video(video_id, uri))

    def _read_video(self, video_id: str, uri: str | None = None) -> SegmentedVideo:
        for video in read_segmented(self.run, [video_id]):
            return video if uri is None else replace(video, uri=read_path(uri))
        raise InputError(
            f"{self.run.uri} has no masks of {video_id!r}: expected one of `.videos`. Its row in `.outcomes` says why"
        )


def open_results(uri: str) -> Results:
    """The results of the run at `uri`. Raises `InputError` where there is no run."""
    return Results(open_run(read_path(uri)))
