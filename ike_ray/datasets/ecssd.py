"""ECSSD (Shi et al., TPAMI 2016): 1,000 images of one salient object or a few, with masks."""

from ike_ray.datasets.description import DatasetDescription
from ike_ray.datasets.image_pairs import list_image_pairs
from ike_ray.datasets.layout import build_split_error
from ike_ray.datasets.sequence import AnnotatedSequence

DESCRIPTION = DatasetDescription(
    name="ecssd",
    title="ECSSD",
    kind="image",
    protocol="images",
    splits=("all",),
    num_sequences=1000,
    size="0.07 GB",
    licence="not stated",
    url="https://www.cse.cuhk.edu.hk/leojia/projects/hsaliency/dataset.html",
    paper="Shi et al., Hierarchical Image Saliency Detection on Extended CSSD, TPAMI 2016",
    expected_tree="""\
ROOT/
  images/0001.jpg ...
  ground_truth_mask/0001.png ...    0 and 255""",
    scored="Every image.",
    notes=("A pixel of a truth is object from grey 128 on.",),
)


def list_ecssd(root: str, split: str) -> list[AnnotatedSequence]:
    """Return all images; `split` is `all`. Raises `InputError` with the expected tree if the folder is not the dataset."""
    if split not in DESCRIPTION.splits:
        raise build_split_error(split, DESCRIPTION)
    return list_image_pairs(root, "images", "ground_truth_mask", DESCRIPTION)
