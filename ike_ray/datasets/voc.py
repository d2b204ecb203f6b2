"""PASCAL VOC 2007 and 2012 (Everingham et al., IJCV 2010 and 2015): boxes of all objects, and classes pixel by pixel."""

from xml.etree import ElementTree

from ike_ray.datasets.description import DatasetDescription
from ike_ray.datasets.image_pairs import build_image
from ike_ray.datasets.layout import build_missing_error, list_stems, read_split
from ike_ray.datasets.sequence import AnnotatedSequence, TrueFrame
from ike_ray.errors import InputError
from ike_ray.storage.files import join_uri, read_bytes

_BOX_TREE = """\
ROOT/                                   (VOCdevkit/VOC{year})
  JPEGImages/{image}.jpg ...
  Annotations/{image}.xml ...
  ImageSets/Main/<split>.txt            lines of `{image}`"""
_BOX_NOTES = (
    "Boxes of difficult and truncated objects count too: any true box will do.",
    "The boxes in the files are pixels from 1 with both ends included. Here they are half-open, from 0.",
)
_LICENCE = "Flickr's terms of use"
_SCORED_BOXES = "Every image. CorLoc is the share of images whose box overlaps any true box by at least half."

VOC2007 = DatasetDescription(
    name="voc2007",
    title="PASCAL VOC 2007",
    kind="image",
    protocol="boxes",
    splits=("trainval", "train", "val", "test"),
    num_sequences=5011,
    size="0.5 GB for trainval",
    licence=_LICENCE,
    url="http://host.robots.ox.ac.uk/pascal/VOC/voc2007/",
    paper="Everingham et al., The PASCAL Visual Object Classes (VOC) Challenge, IJCV 2010",
    expected_tree=_BOX_TREE.format(year=2007, image="000005"),
    scored=_SCORED_BOXES,
    notes=_BOX_NOTES,
)

VOC2012 = DatasetDescription(
    name="voc2012",
    title="PASCAL VOC 2012",
    kind="image",
    protocol="boxes",
    splits=("trainval", "train", "val"),
    num_sequences=11540,
    size="2.0 GB",
    licence=_LICENCE,
    url="http://host.robots.ox.ac.uk/pascal/VOC/voc2012/",
    paper="Everingham et al., The PASCAL Visual Object Classes Challenge: A Retrospective, IJCV 2015",
    expected_tree=_BOX_TREE.format(year=2012, image="2007_000027"),
    scored=_SCORED_BOXES,
    notes=(*_BOX_NOTES, "Some corners are fractions, which are rounded."),
)

VOC2012_SEMANTIC = DatasetDescription(
    name="voc2012_semantic",
    title="PASCAL VOC 2012 semantic segmentation",
    kind="image",
    protocol="semantic",
    splits=("val", "train", "trainval"),
    num_sequences=1449,
    size="2.0 GB",
    licence=_LICENCE,
    url="http://host.robots.ox.ac.uk/pascal/VOC/voc2012/",
    paper="Everingham et al., The PASCAL Visual Object Classes Challenge: A Retrospective, IJCV 2015",
    expected_tree="""\
ROOT/                                     (VOCdevkit/VOC2012)
  JPEGImages/2007_000033.jpg ...
  SegmentationClass/2007_000033.png ...   palette: 0 background, 1 to 20 classes, 255 void
  ImageSets/Segmentation/<split>.txt      lines of `2007_000033`""",
    scored="Every image and all pixels but void ones. There is one confusion matrix over the whole split.",
    notes=("The further masks of the Semantic Boundaries Dataset, which others train on, are not part of it.",),
)


def list_voc2007(root: str, split: str) -> list[AnnotatedSequence]:
    """Return the images of a split, such as `trainval`, with their boxes. Raises `InputError` with the expected tree."""
    return _list_boxed_images(root, split, VOC2007)


def list_voc2012(root: str, split: str) -> list[AnnotatedSequence]:
    """Return the images of a split, such as `trainval`, with their boxes. Raises `InputError` with the expected tree."""
    return _list_boxed_images(root, split, VOC2012)


def list_voc2012_semantic(root: str, split: str) -> list[AnnotatedSequence]:
    """Return the images of a split, such as `val`, with their classes. Raises `InputError` with the expected tree."""
    names = read_split(join_uri(root, "ImageSets", "Segmentation", f"{split}.txt"), root, VOC2012_SEMANTIC)
    images = _list_files(root, "JPEGImages", ".jpg", names, VOC2012_SEMANTIC)
    truths = _list_files(root, "SegmentationClass", ".png", names, VOC2012_SEMANTIC)
    return [build_image(name, images[name], truths[name], encoding="numbers") for name in names]


def _list_boxed_images(root: str, split: str, description: DatasetDescription) -> list[AnnotatedSequence]:
    names = read_split(join_uri(root, "ImageSets", "Main", f"{split}.txt"), root, description)
    images = _list_files(root, "JPEGImages", ".jpg", names, description)
    annotations = _list_files(root, "Annotations", ".xml", names, description)
    return [
        AnnotatedSequence(
            name=name,
            frames_uri=images[name],
            scored_frames=(TrueFrame(index=0, name=name, boxes=_read_boxes(annotations[name])),),
        )
        for name in names
    ]


def _list_files(root: str, folder: str, suffix: str, names: list[str], description: DatasetDescription) -> dict[str, str]:
    """Return the URIs of the named files of a folder. It is listed once, as remote storage takes minutes to ask for each."""
    files = list_stems(join_uri(root, folder), (suffix,))
    for name in names:
        if name not in files:
            raise build_missing_error(f"file {name}{suffix}", join_uri(root, folder, f"{name}{suffix}"), root, description)
    return files


def _read_boxes(uri: str) -> tuple[tuple[int, int, int, int], ...]:
    """Return the boxes of all objects of an image, but not of their parts, half-open from 0."""
    data = read_bytes(uri)
    try:
        objects = ElementTree.fromstring(data).findall("object")  # noqa: S314 # the dataset's own
        corners = [
            [round(float(entry.findtext(f"bndbox/{side}", ""))) for side in ("xmin", "ymin", "xmax", "ymax")]
            for entry in objects
        ]
    except (ElementTree.ParseError, ValueError) as error:
        raise InputError(f"cannot read {uri}: expected XML with `object` and `bndbox`. Extract it again: {error}") from error
    return tuple((x0 - 1, y0 - 1, x1, y1) for x0, y0, x1, y1 in corners)
