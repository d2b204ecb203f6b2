"""The one place that decides which dataset is read."""

from collections.abc import Callable
from typing import Literal, get_args

from ike_ray.datasets import davis2016
from ike_ray.datasets.description import DatasetDescription
from ike_ray.datasets.sequence import AnnotatedSequence

DatasetName = Literal["davis2016"]


def list_sequences(name: DatasetName, root: str, split: str) -> list[AnnotatedSequence]:
    """The sequences of a dataset's split. Raises `InputError` showing the expected tree where `root` is not one."""
    return _choose(name)[1](root, split)


def read_description(name: DatasetName) -> DatasetDescription:
    """What there is to know about a dataset."""
    return _choose(name)[0]


def list_descriptions() -> list[DatasetDescription]:
    """What there is to know about each dataset: videos first."""
    return [read_description(name) for name in get_args(DatasetName)]


def _choose(name: DatasetName) -> tuple[DatasetDescription, Callable[[str, str], list[AnnotatedSequence]]]:
    match name:
        case "davis2016":
            return davis2016.DESCRIPTION, davis2016.list_davis2016
