"""CUB-200-2011 (Wah et al., 2011): 11,788 images of birds of 200 kinds, with masks."""

from ike_ray.datasets.description import DatasetDescription
from ike_ray.datasets.image_pairs import THRESHOLD, build_image
from ike_ray.datasets.layout import build_missing_error, build_split_error, list_names, list_stems, read_lines
from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.errors import InputError
from ike_ray.storage.files import is_file, join_uri

DESCRIPTION = DatasetDescription(
    name="cub200",
    title="CUB-200-2011",
    kind="image",
    protocol="images",
    splits=("test", "train"),
    num_sequences=5794,
    size="1.2 GB",
    licence="not stated",
    url="https://www.vision.caltech.edu/datasets/cub_200_2011/",
    paper="Wah et al., The Caltech-UCSD Birds-200-2011 Dataset, Caltech CNS-TR-2011-001",
    expected_tree="""\
ROOT/                                                     (CUB_200_2011)
  images/001.Black_footed_Albatross/<image>.jpg ...
  segmentations/001.Black_footed_Albatross/<image>.png    from segmentations.tgz, unpacked in here
  images.txt                                              lines of `1 001.Black_footed_Albatross/<image>.jpg`
  train_test_split.txt                                    lines of `1 0`: number of the image, 1 for training""",
    scored="Every image of the split.",
    notes=(
        "A mask counts how many of five people called a pixel bird, in steps of 51. A pixel is bird from grey 128 on, which "
        "is three of them.",
        "Published figures are of square cuts from the middle of each image at 128 pixels or so, and some are of another "
        "split, of 1,000 test images. Here whole images are scored.",
    ),
)


def list_cub200(root: str, split: str) -> list[AnnotatedSequence]:
    """Return the images of a split, `test` or `train`, named as in images.txt. Raises `InputError` with the expected tree."""
    if split not in DESCRIPTION.splits:
        raise build_split_error(split, DESCRIPTION)
    names = _read_table(root, "images.txt")
    is_training = _read_table(root, "train_test_split.txt")
    if names.keys() != is_training.keys():
        raise InputError(
            f"cannot use {root}: expected a line in train_test_split.txt for each of the {len(names)} in images.txt, found "
            f"{len(is_training)}. Extract the dataset again"
        )
    masks = {
        f"{name}/{stem}": uri
        for name in list_names(join_uri(root, "segmentations"))
        for stem, uri in list_stems(join_uri(root, "segmentations", name), (".png",)).items()
    }
    wanted = "1" if split == "train" else "0"
    chosen = [name.removesuffix(".jpg") for number, name in names.items() if is_training[number] == wanted]
    for name in chosen:
        if name not in masks:
            raise build_missing_error(f"mask {name!r}", join_uri(root, "segmentations", f"{name}.png"), root, DESCRIPTION)
    return [build_image(name, join_uri(root, "images", f"{name}.jpg"), masks[name], threshold=THRESHOLD) for name in chosen]


def _read_table(root: str, name: str) -> dict[str, str]:
    """Return what each line says of an image, by the image's number."""
    uri = join_uri(root, name)
    if not is_file(uri):
        raise build_missing_error(f"list {name}", uri, root, DESCRIPTION)
    cells = [line.split() for line in read_lines(uri)]
    if any(len(row) != 2 for row in cells):
        raise InputError(f"cannot read {uri}: expected two words in each line, as in `1 0`. Extract the dataset again")
    return {row[0]: row[1] for row in cells}
