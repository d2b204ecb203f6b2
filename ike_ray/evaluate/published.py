"""Figures that others published, which end a table of scores."""

from dataclasses import dataclass

from ike_ray.datasets.open import DatasetName
from ike_ray.evaluate.scores import Key
from ike_ray.evaluate.system import Supervision

_J: Key = ("sequences", "j", "mean")
_F: Key = ("sequences", "f", "mean")
_FRAME_J: Key = ("frames", "j", "mean")
_CORLOC: Key = ("sequences", "corloc", "mean")
_IOU: Key = ("sequences", "iou", "mean")
_SET_IOU: Key = ("set", "iou", "mean")

_DINO = "features of DINO, which saw photographs without labels"
_UNSTATED = "which average is not stated"


@dataclass(frozen=True, kw_only=True)
class PublishedFigures:
    """What a paper says about one system on the usual split of one dataset."""

    dataset: DatasetName
    system: str
    supervision: Supervision
    values: dict[Key, float]  # in [0, 1]
    note: str = ""


_IMAGE_FIGURES: tuple[tuple[DatasetName, Key, float, float], ...] = (
    ("voc2007", _CORLOC, 0.627, 0.688),
    ("voc2012", _CORLOC, 0.664, 0.721),
    ("coco20k", _CORLOC, 0.522, 0.588),
    ("ecssd", _IOU, 0.733, 0.712),
    ("duts", _IOU, 0.514, 0.576),
    ("dut_omron", _IOU, 0.567, 0.533),
)

PUBLISHED: tuple[PublishedFigures, ...] = (
    PublishedFigures(dataset="davis2016", system="NLC", supervision="none", values={_J: 0.551}, note="classical"),
    PublishedFigures(dataset="davis2016", system="FST", supervision="none", values={_J: 0.558}, note="classical"),
    PublishedFigures(dataset="davis2016", system="CUT", supervision="none", values={_J: 0.552}, note="classical"),
    PublishedFigures(dataset="davis2016", system="CIS", supervision="none", values={_J: 0.703, _F: 0.668}),
    PublishedFigures(
        dataset="davis2016",
        system="Motion Grouping",
        supervision="none",
        values={_J: 0.683},
        note="picks its slot with the truth; 0.628 with the official evaluator",
    ),
    PublishedFigures(dataset="davis2016", system="EM", supervision="none", values={_J: 0.693, _F: 0.707}),
    PublishedFigures(
        dataset="davis2016",
        system="TokenCut",
        supervision="none",
        values={_J: 0.643},
        note=f"0.767 with CRF; {_DINO}; 128 GB of memory is not enough for long clips",
    ),
    PublishedFigures(
        dataset="davis2016",
        system="OCLR",
        supervision="none",
        values={_J: 0.808},
        note="with adaptation at test time; trained on synthetic labels; 1.25 s a frame",
    ),
    PublishedFigures(dataset="davis2016", system="RCF", supervision="none", values={_FRAME_J: 0.809}, note="0.830 with CRF"),
    PublishedFigures(dataset="davis2016", system="ABR", supervision="none", values={_J: 0.718}, note="0.28 s a frame"),
    PublishedFigures(dataset="davis2016", system="HFAN", supervision="masks", values={_J: 0.868}, note="for orientation"),
    PublishedFigures(dataset="davis2016", system="GSA-Net", supervision="masks", values={_J: 0.874}, note="for orientation"),
    PublishedFigures(dataset="segtrack_v2", system="TokenCut", supervision="none", values={_J: 0.616}, note=_DINO),
    PublishedFigures(dataset="segtrack_v2", system="RCF", supervision="none", values={_J: 0.796}, note=_UNSTATED),
    PublishedFigures(dataset="segtrack_v2", system="ABR", supervision="none", values={_J: 0.766}),
    PublishedFigures(dataset="fbms59", system="TokenCut", supervision="none", values={_J: 0.666}, note=_DINO),
    PublishedFigures(dataset="fbms59", system="RCF", supervision="none", values={_J: 0.724}, note=_UNSTATED),
    PublishedFigures(dataset="fbms59", system="ABR", supervision="none", values={_J: 0.819}),
    *(
        PublishedFigures(dataset=dataset, system=system, supervision="none", values={key: value}, note=note)
        for dataset, key, spectral, token_cut in _IMAGE_FIGURES
        for system, value, note in (
            ("Deep Spectral Methods", spectral, f"{_DINO}; 0.4 images a second on a V100"),
            ("TokenCut", token_cut, _DINO),
        )
    ),
    PublishedFigures(
        dataset="voc2012_semantic",
        system="Deep Spectral Methods",
        supervision="none",
        values={_SET_IOU: 0.308},
        note=f"without self-training; about 0.24 as its users reproduce it; {_DINO}",
    ),
)


def list_published(dataset: DatasetName) -> list[PublishedFigures]:
    """Return what is published about a dataset, with systems without human labels first."""
    own = [figures for figures in PUBLISHED if figures.dataset == dataset]
    return sorted(own, key=lambda figures: figures.supervision != "none")
