"""DUT-OMRON (Yang et al., CVPR 2013): 5,168 images with masks of what is salient."""

from ike_ray.datasets.description import DatasetDescription
from ike_ray.datasets.image_pairs import list_image_pairs
from ike_ray.datasets.layout import build_split_error
from ike_ray.datasets.sequence import AnnotatedSequence

DESCRIPTION = DatasetDescription(
    name="dut_omron",
    title="DUT-OMRON",
    kind="image",
    protocol="images",
    splits=("all",),
    num_sequences=5168,
    size="0.1 GB",
    licence="not stated",
    url="http://saliencydetection.net/dut-omron/",
    paper="Yang et al., Saliency Detection via Graph-Based Manifold Ranking, CVPR 2013",
    expected_tree="""\
ROOT/
  DUT-OMRON-image/im005.jpg ...
  pixelwiseGT-new-PNG/im005.png ...    0 and 255, from DUT-OMRON-gt-pixelwise.zip.zip""",
    scored="Every image.",
    notes=(
        "A pixel of a truth is object from grey 128 on.",
        "The masks are the later ones, drawn pixel by pixel, and not the boxes of five people.",
    ),
)


def list_dut_omron(root: str, split: str) -> list[AnnotatedSequence]:
    """Return all images; `split` is `all`. Raises `InputError` with the expected tree if the folder is not the dataset."""
    if split not in DESCRIPTION.splits:
        raise build_split_error(split, DESCRIPTION)
    return list_image_pairs(root, "DUT-OMRON-image", "pixelwiseGT-new-PNG", DESCRIPTION)
