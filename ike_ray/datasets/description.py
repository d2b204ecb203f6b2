"""What there is to know about a dataset before it is downloaded."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["video", "image"]
# How a dataset is scored. `evaluate` has one evaluator for each protocol.
Protocol = Literal["regions", "objects", "classes", "boxes", "saliency", "images", "semantic"]


@dataclass(frozen=True, kw_only=True)
class DatasetDescription:
    """A published dataset."""

    name: str  # the name that `ike-ray datasets` and `ike-ray evaluate --dataset` take
    title: str
    kind: Kind
    protocol: Protocol
    splits: tuple[str, ...]  # results are usually reported on the first
    num_sequences: int | None  # of the first split; None if its authors do not say
    size: str  # of the download
    licence: str
    url: str  # where to get it
    paper: str
    expected_tree: str  # the folders and files below ROOT
    scored: str  # which frames count
    notes: tuple[str, ...] = ()  # odd rules, and what could not be confirmed
