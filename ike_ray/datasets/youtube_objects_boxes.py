"""Boxes of YouTube-Objects, first release (Prest et al., CVPR 2012), in one or a few frames of each shot."""

from io import BytesIO

import numpy as np
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from ike_ray.datasets.description import DatasetDescription
from ike_ray.datasets.layout import build_missing_error, list_stems, list_true_frames, read_split
from ike_ray.datasets.sequence import AnnotatedSequence, TrueFrame
from ike_ray.datasets.youtube_objects import CLASSES, list_shots
from ike_ray.errors import InputError
from ike_ray.storage.files import is_folder, join_uri, read_bytes

_ENDING = "_sticks.mat"

DESCRIPTION = DatasetDescription(
    name="youtube_objects_boxes",
    title="YouTube-Objects boxes",
    kind="video",
    protocol="boxes",
    splits=("all", "train", "test"),
    num_sequences=None,
    size="tens of GB",
    licence="not stated",
    url="https://data.vision.ee.ethz.ch/cvl/youtube-objects/",
    paper="Prest et al., Learning Object Class Detectors from Weakly Annotated Video, CVPR 2012",
    expected_tree="""\
ROOT/
  <class>/data/<video>/shots/<shot>/frame0001.jpg ...
  <class>/data/<video>/shots/<shot>/frame0012.jpg_sticks.mat    `coor`: x0, y0, x1, y1 of each object of that frame
  <class>/sets/train.txt, test.txt                              lines of `0001`, a video; not needed for the split `all`""",
    scored="Annotated frames. CorLoc is the share whose box overlaps a true box by at least half, per class and in the mean.",
    notes=(
        "This is the first release, of 2012. The later ones are not read. Release 2.2 has all frames of a class in one "
        "folder, with shots as ranges of numbers, so that no folder is one video. Release 2.3 has annotated frames in the "
        "form of PASCAL VOC.",
        "Boxes are fractions of pixels from 1, and are rounded. Some have negative corners, which are set to the frame's "
        "edge. One has left and right exchanged, so each pair is put in order.",
        "Papers count 1,407 boxes. On which of the two sets of videos each reports could not be confirmed.",
    ),
)


def list_youtube_objects_boxes(root: str, split: str) -> list[AnnotatedSequence]:
    """Return the shots with boxes, named <class>/<video>/<shot>; `split` is `all`, `train` or `test`.

    Raises `InputError`, which shows the expected tree, if the folder is not the dataset.
    """
    sequences = [_read_shot(root, *shot) for name in CLASSES for shot in _list_class_shots(root, name, split)]
    annotated = [sequence for sequence in sequences if sequence.scored_frames]
    if not annotated:
        uri = join_uri(root, CLASSES[0], "data", "0001", "shots", "001", f"frame0001.jpg{_ENDING}")
        raise build_missing_error("boxes", uri, root, DESCRIPTION)
    return annotated


def _list_class_shots(root: str, class_name: str, split: str) -> list[tuple[str, str, str]]:
    if not is_folder(join_uri(root, class_name, "data")):
        raise build_missing_error(f"class {class_name!r}", join_uri(root, class_name, "data"), root, DESCRIPTION)
    shots = list_shots(root, class_name)
    if split == "all":
        return shots
    videos = read_split(join_uri(root, class_name, "sets", f"{split}.txt"), root, DESCRIPTION)
    return [shot for shot in shots if shot[1] in videos]


def _read_shot(root: str, class_name: str, video: str, shot: str) -> AnnotatedSequence:
    frames_uri = join_uri(root, class_name, "data", video, "shots", shot)
    files = list_stems(frames_uri, (_ENDING,))
    truths = {stem.removesuffix(".jpg_sticks"): (uri,) for stem, uri in files.items()}
    boxed = [(frame, _read_boxes(frame.mask_uris[0])) for frame in list_true_frames(frames_uri, truths)]
    frames = tuple(TrueFrame(index=frame.index, name=frame.name, boxes=boxes) for frame, boxes in boxed if boxes)
    name = f"{class_name}/{video}/{shot}"
    return AnnotatedSequence(name=name, frames_uri=frames_uri, scored_frames=frames, class_name=class_name)


def _read_boxes(uri: str) -> tuple[tuple[int, int, int, int], ...]:
    """Return the boxes of one MATLAB file, half-open, from 0: a box of x0 = x1 = 1 covers the first column."""
    data = read_bytes(uri)
    try:
        cells = loadmat(BytesIO(data))["coor"].reshape(-1)
        corners = np.array([np.asarray(cell, dtype=float).reshape(4) for cell in cells]).reshape(-1, 4)
    except (MatReadError, ValueError, LookupError, TypeError, NotImplementedError, OSError) as error:
        raise InputError(
            f"cannot read {uri}: expected a MATLAB file with x0, y0, x1, y1 of each object in `coor`, found {len(data)} "
            f"bytes of another kind. Extract it again: {error!r}"
        ) from error
    if not np.isfinite(corners).all():
        raise InputError(f"cannot use {uri}: expected boxes in `coor`, found {corners.tolist()}. Extract it again")
    lows = np.maximum(np.rint(np.minimum(corners[:, :2], corners[:, 2:])) - 1, 0).astype(int)
    highs = np.maximum(np.rint(np.maximum(corners[:, :2], corners[:, 2:])), 1).astype(int)
    return tuple((x0, y0, x1, y1) for (x0, y0), (x1, y1) in zip(lows.tolist(), highs.tolist(), strict=True))
