"""SegTrack v2 (Li et al., ICCV 2013): 14 sequences, with one folder of masks for each object."""

from ike_ray.datasets.description import DatasetDescription
from ike_ray.datasets.layout import build_missing_error, list_names, list_stems, list_true_frames, read_split
from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.storage.files import join_uri

# Some masks have soft edges. It is not known from which grey on the authors count object, and the middle moves edges least.
_THRESHOLD = 128

DESCRIPTION = DatasetDescription(
    name="segtrack_v2",
    title="SegTrack v2",
    kind="video",
    protocol="regions",
    splits=("all",),
    num_sequences=14,
    size="about 0.2 GB",
    licence="not stated",
    url="https://web.engr.oregonstate.edu/~lif/SegTrack2/dataset.html",
    paper="Li et al., Video Segmentation by Tracking Many Figure-Ground Segments, ICCV 2013",
    expected_tree="""\
ROOT/                                            (SegTrackv2)
  JPEGImages/<sequence>/<frame>.png ...          in spite of the name .png, and .bmp in some sequences
  GroundTruth/<sequence>/<frame>.png ...         where there is one object
  GroundTruth/<sequence>/<object>/<frame>.png    where there are several: folders 1, 2 ...; .png or .bmp
  ImageSets/all.txt                              lines of `*bird_of_paradise`""",
    scored="All annotated frames.",
    notes=(
        "If a sequence has several objects (bmx, cheetah, drift, hummingbird, monkeydog, penguin), they are merged into one "
        "foreground for J and F.",
        "The frames of monkeydog and penguin end in .bmp and their masks in .png. Of the two objects of cheetah one has "
        "masks in .bmp and one in .png. Masks belong to frames by their stems.",
        "A pixel is object from grey 128 on. The authors' threshold could not be confirmed. Other evaluators take 0, 128 or "
        "255, which moves soft edges a little.",
    ),
)


def list_segtrack_v2(root: str, split: str) -> list[AnnotatedSequence]:
    """Return the sequences of the split `all`. Raises `InputError` with the expected tree if it is not the dataset."""
    lines = read_split(join_uri(root, "ImageSets", f"{split}.txt"), root, DESCRIPTION)
    return [_read_sequence(root, line.removeprefix("*")) for line in lines]


def _read_sequence(root: str, name: str) -> AnnotatedSequence:
    folder, frames_uri = join_uri(root, "GroundTruth", name), join_uri(root, "JPEGImages", name)
    objects = [join_uri(folder, number) for number in list_names(folder)] or [folder]
    masks = [list_stems(uri) for uri in objects]
    stems = dict.fromkeys(stem for stem_uris in masks for stem in stem_uris)
    if not stems:
        raise build_missing_error(f"true masks of sequence {name!r}", folder, root, DESCRIPTION)
    truths = {}
    for stem in stems:
        for uri, stem_uris in zip(objects, masks, strict=True):
            if stem not in stem_uris:
                raise build_missing_error(f"mask of frame {stem}", join_uri(uri, f"{stem}.png"), root, DESCRIPTION)
        truths[stem] = tuple(stem_uris[stem] for stem_uris in masks)
    return AnnotatedSequence(
        name=name, frames_uri=frames_uri, scored_frames=list_true_frames(frames_uri, truths, threshold=_THRESHOLD)
    )
