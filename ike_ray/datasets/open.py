"""The one place that decides which dataset is read."""

from typing import Literal

from ike_ray.datasets.davis2016 import list_davis2016
from ike_ray.datasets.sequence import AnnotatedSequence

DatasetName = Literal["davis2016"]


def list_sequences(name: DatasetName, root: str, split: str) -> list[AnnotatedSequence]:
    """The sequences of a dataset's split. Raises `InputError` showing the expected tree where `root` is not one."""
    match name:
        case "davis2016":
            return list_davis2016(root, split)
