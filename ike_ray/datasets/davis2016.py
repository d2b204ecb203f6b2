"""DAVIS-2016 (Perazzi et al., CVPR 2016): one object, every frame annotated, the first and the last frame not scored."""

from pathlib import PurePosixPath

from ike_ray.datasets.description import DatasetDescription
from ike_ray.datasets.layout import build_missing_error, list_stems, list_true_frames, read_split
from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.storage.files import join_uri

DESCRIPTION = DatasetDescription(
    name="davis2016",
    title="DAVIS-2016",
    kind="video",
    protocol="regions",
    splits=("val", "train", "trainval"),
    num_sequences=20,
    size="1.9 GB",
    licence="BSD",
    url="https://davischallenge.org/davis2016/code.html",
    paper="Perazzi et al., A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation, CVPR 2016",
    expected_tree="""\
ROOT/
  JPEGImages/480p/<sequence>/00000.jpg ...
  Annotations/480p/<sequence>/00000.png ...    0 and 255
  ImageSets/480p/<split>.txt                   lines of `/JPEGImages/480p/bear/00000.jpg /Annotations/480p/bear/00000.png`""",
    scored="Every frame but the first and the last of each sequence: 1,336 frames of `val`.",
    notes=(
        "A split's file may also have one sequence in each line, as in ImageSets/2016 of the later release.",
        "The masks of DAVIS-2017 are other masks, drawn for several objects.",
    ),
)


def list_davis2016(root: str, split: str) -> list[AnnotatedSequence]:
    """Return the sequences of a split, such as `val` or `train`, in its order.

    Raises `InputError`, which shows the expected tree, if the folder is not the dataset.
    """
    lines = read_split(join_uri(root, "ImageSets", "480p", f"{split}.txt"), root, DESCRIPTION)
    firsts = [PurePosixPath(line.split()[0]) for line in lines]
    names = dict.fromkeys(path.parent.name if path.suffix else path.name for path in firsts)
    return [_read_sequence(root, name) for name in names]


def _read_sequence(root: str, name: str) -> AnnotatedSequence:
    folder, frames_uri = join_uri(root, "Annotations", "480p", name), join_uri(root, "JPEGImages", "480p", name)
    truths = {stem: (uri,) for stem, uri in list_stems(folder, (".png",)).items()}
    if not truths:
        raise build_missing_error(f"true masks of sequence {name!r}", folder, root, DESCRIPTION)
    frames = list_true_frames(frames_uri, truths)
    return AnnotatedSequence(
        name=name, frames_uri=frames_uri, scored_frames=frames[1:-1]
    )  # the protocol leaves out both ends
