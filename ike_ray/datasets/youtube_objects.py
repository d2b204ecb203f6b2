"""Masks of YouTube-Objects (Jain and Grauman, ECCV 2014) on the frames of its first release (Prest et al., CVPR 2012)."""

from ike_ray.datasets.description import DatasetDescription
from ike_ray.datasets.layout import build_missing_error, build_split_error, list_names, list_stems, list_true_frames
from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.storage.files import is_folder, join_uri

CLASSES = ("aeroplane", "bird", "boat", "car", "cat", "cow", "dog", "horse", "motorbike", "train")
# The masks are JPEG files: greys between black and white are what compression made of an edge.
_THRESHOLD = 128

DESCRIPTION = DatasetDescription(
    name="youtube_objects",
    title="YouTube-Objects masks",
    kind="video",
    protocol="classes",
    splits=("all",),
    num_sequences=126,
    size="tens of GB, with frames",
    licence="not stated",
    url="http://vision.cs.utexas.edu/projects/videoseg/",
    paper="Jain, Grauman, Supervoxel-Consistent Foreground Propagation in Video, ECCV 2014; frames: Prest et al., Learning "
    "Object Class Detectors from Weakly Annotated Video, CVPR 2012",
    expected_tree="""\
ROOT/
  <class>/data/<video>/shots/<shot>/frame0001.jpg ...                    frames, from aeroplane.tar.gz ... train.tar.gz
  youtube_masks/<class>/data/<video>/shots/<shot>/labels/00001.jpg ...   masks, 0 and 255 but for compression""",
    scored="Annotated frames, about one in ten, whose truth is not empty. Means of videos, then of classes, then of all.",
    notes=(
        "There are two downloads for one folder: the frames of the first release, from "
        "https://data.vision.ee.ethz.ch/cvl/youtube-objects/, and the masks, which carry the same numbers: labels/00011.jpg "
        "belongs to frame0011.jpg.",
        "A pixel is object from grey 128 on. Others take 15 or 255, which moves edges a little.",
        "Masks may be smaller than their frames. Those of some videos are half as large.",
        "The folder images beside labels has the annotated frames alone and is not read.",
    ),
)


def list_youtube_objects(root: str, split: str) -> list[AnnotatedSequence]:
    """Return the annotated shots of all classes, named <class>/<video>/<shot>; `split` is `all`.

    Raises `InputError`, which shows the expected tree, if the folder is not the dataset.
    """
    if split not in DESCRIPTION.splits:
        raise build_split_error(split, DESCRIPTION)
    masks = join_uri(root, "youtube_masks")
    shots = [shot for name in list_names(masks) for shot in list_shots(masks, name)]
    if not shots:
        raise build_missing_error("masks", join_uri(masks, CLASSES[0], "data"), root, DESCRIPTION)
    return [_read_shot(root, *shot) for shot in shots]


def list_shots(root: str, class_name: str) -> list[tuple[str, str, str]]:
    """Return class, video and shot of each folder <class>/data/<video>/shots/<shot> below `root`."""
    return [
        (class_name, video, shot)
        for video in list_names(join_uri(root, class_name, "data"))
        for shot in list_names(join_uri(root, class_name, "data", video, "shots"))
    ]


def _read_shot(root: str, class_name: str, video: str, shot: str) -> AnnotatedSequence:
    path = (class_name, "data", video, "shots", shot)
    folder, frames_uri = join_uri(root, "youtube_masks", *path, "labels"), join_uri(root, *path)
    labels = {stem: uri for stem, uri in list_stems(folder, (".jpg",)).items() if stem.isdecimal()}
    if not labels:
        raise build_missing_error(f"masks of {'/'.join(path)}", folder, root, DESCRIPTION)
    if not is_folder(frames_uri):
        raise build_missing_error(f"frames of {'/'.join(path)}", frames_uri, root, DESCRIPTION)
    truths = {f"frame{int(stem):04d}": (uri,) for stem, uri in labels.items()}
    return AnnotatedSequence(
        name=f"{class_name}/{video}/{shot}",
        frames_uri=frames_uri,
        scored_frames=list_true_frames(frames_uri, truths, threshold=_THRESHOLD),
        class_name=class_name,
    )
