"""A dataset as a manifest, which `ike-ray segment` takes, or `ike-ray spectral` for images."""

import csv
from collections.abc import Sequence
from io import StringIO

from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.storage.files import write_bytes


def write_manifest(uri: str, sequences: Sequence[AnnotatedSequence]) -> None:
    """Write one row for each sequence, `video_id,uri`. The id is its name, so that `evaluate` finds the sequence's masks."""
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["video_id", "uri"])
    writer.writerows([sequence.name, sequence.frames_uri] for sequence in sequences)
    write_bytes(uri, text.getvalue().encode())
