"""What there is to know about a dataset before it is downloaded."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["video", "image"]
# How a dataset is scored: `evaluate` has one evaluator for each.
Protocol = Literal["regions", "objects", "classes", "boxes", "saliency", "images", "semantic"]


@dataclass(frozen=True, kw_only=True)
class DatasetDescription:
    """A published dataset."""

    name: str  # as `ike-ray datasets` and `ike-ray evaluate --dataset` take it
    title: str
    kind: Kind
    protocol: Protocol
    splits: tuple[str, ...]  # the first is what results are usually reported on
    num_sequences: int | None  # of the first split; None where its authors do not say
    size: str  # of the download
    licence: str
    url: str  # where to get it
    paper: str
    expected_tree: str  # below ROOT
    scored: str  # which frames count
    notes: tuple[str, ...] = ()  # odd rules, and what could not be confirmed
