"""DAVIS-2016 (Perazzi et al., CVPR 2016): one object a sequence, every frame annotated, first and last not scored."""

from pathlib import PurePosixPath

from ike_ray.datasets.sequence import AnnotatedSequence, TrueFrame
from ike_ray.errors import InputError
from ike_ray.storage.files import is_file, join_uri, list_folder, read_bytes

EXPECTED_TREE = """\
ROOT/
  JPEGImages/480p/<sequence>/00000.jpg ...
  Annotations/480p/<sequence>/00000.png ...    0 and 255
  ImageSets/480p/<split>.txt                   lines of `/JPEGImages/480p/bear/00000.jpg /Annotations/480p/bear/00000.png`"""


def list_davis2016(root: str, split: str) -> list[AnnotatedSequence]:
    """The sequences of a split, such as `val` or `train`, in its order.

    Raises `InputError` showing the expected tree where the folder is not one.
    """
    split_uri = join_uri(root, "ImageSets", "480p", f"{split}.txt")
    if not is_file(split_uri):
        found = [uri.rpartition("/")[2].removesuffix(".txt") for uri in list_folder(join_uri(root, "ImageSets", "480p"))]
        raise InputError(
            f"no split {split!r} of DAVIS-2016 in {root}: expected {split_uri}, found {', '.join(found) or 'none'}. "
            f"The expected tree is\n{EXPECTED_TREE}"
        )
    return [_read_sequence(root, name) for name in _read_split(split_uri)]


def _read_split(split_uri: str) -> list[str]:
    """Names of sequences, from lines that name their frames (2016) or just them (2017)."""
    lines = read_bytes(split_uri).decode(errors="replace").split("\n")
    firsts = [PurePosixPath(line.split()[0]) for line in lines if line.strip()]
    if not firsts:
        raise InputError(f"the split {split_uri} is empty: expected a line for each frame or sequence")
    return list(dict.fromkeys(path.parent.name if path.suffix else path.name for path in firsts))


def _read_sequence(root: str, name: str) -> AnnotatedSequence:
    folder = join_uri(root, "Annotations", "480p", name)
    uris = [uri for uri in list_folder(folder) if uri.endswith(".png")]
    if not uris:
        raise InputError(f"no true masks of sequence {name!r} at {folder}. The expected tree is\n{EXPECTED_TREE}")
    frames = [
        TrueFrame(index=index, name=uri.rpartition("/")[2].removesuffix(".png"), mask_uri=uri)
        for index, uri in enumerate(uris)
    ]
    return AnnotatedSequence(name=name, scored_frames=tuple(frames[1:-1]))  # the protocol leaves out both ends
