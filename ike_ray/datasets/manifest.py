"""A dataset as a manifest, which `ike-ray segment` takes, or for images `ike-ray spectral`."""

import csv
from collections.abc import Sequence
from io import StringIO

from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.storage.files import write_bytes


def write_manifest(uri: str, sequences: Sequence[AnnotatedSequence]) -> None:
    """Writes one row a sequence, `video_id,uri`: the id is its name, so that `evaluate` finds each sequence's masks."""
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["video_id", "uri"])
    writer.writerows([sequence.name, sequence.frames_uri] for sequence in sequences)
    write_bytes(uri, text.getvalue().encode())
