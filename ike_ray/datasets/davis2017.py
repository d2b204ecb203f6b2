"""DAVIS-2017, the unsupervised task of 2019 (Caelles et al.). A sequence has several objects, and all frames are scored."""

from ike_ray.datasets.description import DatasetDescription
from ike_ray.datasets.layout import build_missing_error, list_stems, list_true_frames, read_split
from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.storage.files import join_uri

DESCRIPTION = DatasetDescription(
    name="davis2017",
    title="DAVIS-2017 unsupervised",
    kind="video",
    protocol="objects",
    splits=("val", "train"),
    num_sequences=30,
    size="about 0.8 GB",
    licence="BSD",
    url="https://davischallenge.org/davis2017/code.html",
    paper="Caelles et al., The 2019 DAVIS Challenge on VOS: Unsupervised Multi-Object Segmentation, arXiv 1905.00737",
    expected_tree="""\
ROOT/
  JPEGImages/480p/<sequence>/00000.jpg ...
  Annotations_unsupervised/480p/<sequence>/00000.png ...    palette: 0 background, 1, 2 ... objects, 255 void
  ImageSets/2017/<split>.txt                                lines of `bike-packing`""",
    scored="All frames. The objects are those of a sequence's first frame. At most 20 proposals count in each sequence.",
    notes=(
        "Download TrainVal, Unsupervised, 480p.",
        "The masks are in Annotations_unsupervised. Annotations has those of the semi-supervised task, with other objects.",
        "The official evaluator sets 255 to background when it reads the truth, so that void counts as background in it; "
        "here void is left out.",
        "The truth of the splits of the challenges, test-dev and test-challenge, is not published.",
    ),
)


def list_davis2017(root: str, split: str) -> list[AnnotatedSequence]:
    """Return the sequences of a split, `val` or `train`, in its order. Raises `InputError` with the expected tree."""
    names = read_split(join_uri(root, "ImageSets", "2017", f"{split}.txt"), root, DESCRIPTION)
    return [_read_sequence(root, name) for name in names]


def _read_sequence(root: str, name: str) -> AnnotatedSequence:
    folder = join_uri(root, "Annotations_unsupervised", "480p", name)
    frames_uri = join_uri(root, "JPEGImages", "480p", name)
    truths = {stem: (uri,) for stem, uri in list_stems(folder, (".png",)).items()}
    if not truths:
        raise build_missing_error(f"true masks of sequence {name!r}", folder, root, DESCRIPTION)
    frames = list_true_frames(frames_uri, truths, encoding="numbers")
    return AnnotatedSequence(name=name, frames_uri=frames_uri, scored_frames=frames)
