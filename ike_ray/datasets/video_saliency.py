"""Video saliency: DAVSOD (Fan et al., CVPR 2019), and the older sets in the form in which its authors evaluate them."""

from ike_ray.datasets.description import DatasetDescription
from ike_ray.datasets.layout import build_missing_error, list_names, list_stems, list_true_frames
from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.storage.files import is_folder, join_uri

# The authors' evaluator takes what is brighter than 128 as object.
_THRESHOLD = 129
_TRUTH_FOLDERS = ("GT_object_level", "ground-truth")

_SCORED = "Annotated frames but the first and the last of each sequence. They are averaged per sequence, then over sequences."
_PAPER = "Fan et al., Shifting More Attention to Video Salient Object Detection, CVPR 2019"
_URL = "https://github.com/DengPingFan/DAVSOD"

DAVSOD = DatasetDescription(
    name="davsod",
    title="DAVSOD",
    kind="video",
    protocol="saliency",
    splits=("Easy-35", "Normal-25", "Difficult-20", "DAVSOD-ValidationSet", "DAVSOD-TrainingSet"),
    num_sequences=35,
    size="11.0 GB, 2.2 GB for Easy-35",
    licence="research only",
    url=_URL,
    paper=_PAPER,
    expected_tree="""\
ROOT/                                           each archive in a folder of its own name
  <split>/<sequence>/Imgs/0001.png ...          such as Easy-35/select_0606
  <split>/<sequence>/GT_object_level/0001.png   0 and 255""",
    scored=_SCORED,
    notes=(
        "The maps are compared with what is brighter than 128, as in the authors' evaluator.",
        "Frames carry the numbers of the film that they were cut from, so the first is seldom 0001.",
        "The folders GT_instance_level, Fixation_maps and others beside these are not read.",
        "A folder between <split> and the sequences is stepped over. Whether the archives hold one could not be confirmed.",
        "The training set has 61 sequences, since short ones were joined. The paper counts 90.",
    ),
)

VSOD = DatasetDescription(
    name="vsod",
    title="Video saliency sets in DAVSOD's form",
    kind="video",
    protocol="saliency",
    splits=("ViSal", "VOS", "UVSD", "MCL", "DAVIS", "FBMS", "SegTrack-V1", "SegTrack-V2"),
    num_sequences=17,
    size="not stated",
    licence="that of each set",
    url=_URL,
    paper=_PAPER,
    expected_tree="""\
ROOT/                                                            (Datasets)
  <split>/<sequence>/Imgs/<sequence>_00000.jpg ...               such as ViSal/boat
  <split>/<sequence>/ground-truth/<sequence>_00000.png ...       0 and 255; of some sets not for every frame""",
    scored=_SCORED,
    notes=(
        "A split is a set. Any further set in this form can be named as a split.",
        "The maps are compared with what is brighter than 128, as in the authors' evaluator.",
        "If only some frames have a truth, the first and the last of these are left out.",
        "DAVIS, FBMS and SegTrack-V2 hold the sequences of those datasets with other file names, scored as saliency.",
    ),
)


def list_davsod(root: str, split: str) -> list[AnnotatedSequence]:
    """Return the sequences of an archive, such as `Easy-35`. Raises `InputError` with the expected tree."""
    return _list_sequences(root, split, DAVSOD)


def list_vsod(root: str, split: str) -> list[AnnotatedSequence]:
    """Return the sequences of a set, such as `ViSal`. Raises `InputError` with the expected tree."""
    return _list_sequences(root, split, VSOD)


def _list_sequences(root: str, split: str, description: DatasetDescription) -> list[AnnotatedSequence]:
    folder = join_uri(root, split)
    folders = _list_sequence_folders(folder)
    for name in list_names(folder) if not folders else []:
        folders |= _list_sequence_folders(join_uri(folder, name))
    if not folders:
        raise build_missing_error(f"split {split!r}", join_uri(folder, "<sequence>", "Imgs"), root, description)
    return [_read_sequence(root, name, uri, description) for name, uri in folders.items()]


def _list_sequence_folders(folder: str) -> dict[str, str]:
    return {name: join_uri(folder, name) for name in list_names(folder) if is_folder(join_uri(folder, name, "Imgs"))}


def _read_sequence(root: str, name: str, folder: str, description: DatasetDescription) -> AnnotatedSequence:
    for truth_folder in _TRUTH_FOLDERS:
        truths = {stem: (uri,) for stem, uri in list_stems(join_uri(folder, truth_folder)).items()}
        if truths:
            frames_uri = join_uri(folder, "Imgs")
            frames = list_true_frames(frames_uri, truths, threshold=_THRESHOLD)
            return AnnotatedSequence(name=name, frames_uri=frames_uri, scored_frames=frames[1:-1])
    missing = join_uri(folder, "GT_object_level" if description is DAVSOD else "ground-truth")
    raise build_missing_error(f"truth of sequence {name!r}", missing, root, description)
