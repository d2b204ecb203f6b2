"""DUTS (Wang et al., CVPR 2017): 5,019 images for tests and 10,553 for training, with masks of what is salient."""

from ike_ray.datasets.description import DatasetDescription
from ike_ray.datasets.image_pairs import list_image_pairs
from ike_ray.datasets.sequence import AnnotatedSequence

DESCRIPTION = DatasetDescription(
    name="duts",
    title="DUTS",
    kind="image",
    protocol="images",
    splits=("TE", "TR"),
    num_sequences=5019,
    size="0.4 GB",
    licence="not stated",
    url="http://saliencydetection.net/duts/",
    paper="Wang et al., Learning to Detect Salient Objects with Image-level Supervision, CVPR 2017",
    expected_tree="""\
ROOT/
  DUTS-<split>/DUTS-<split>-Image/ILSVRC2012_test_00000003.jpg ...
  DUTS-<split>/DUTS-<split>-Mask/ILSVRC2012_test_00000003.png ...    0 to 255""",
    scored="Every image.",
    notes=("A pixel of a truth is object from grey 128 on.", "TR is for training, and results are reported on TE."),
)


def list_duts(root: str, split: str) -> list[AnnotatedSequence]:
    """Return the images of a split, `TE` or `TR`. Raises `InputError` with the expected tree if it is not the dataset."""
    folder = f"DUTS-{split}"
    return list_image_pairs(root, f"{folder}/{folder}-Image", f"{folder}/{folder}-Mask", DESCRIPTION)
