"""Image sets that are two folders: images, and a truth for each image under the same stem."""

from ike_ray.datasets.description import DatasetDescription
from ike_ray.datasets.layout import build_missing_error, list_stems, read_stem
from ike_ray.datasets.sequence import AnnotatedSequence, Encoding, TrueFrame
from ike_ray.storage.files import join_uri

# Edges are soft, and what is brighter than half is object, as in the evaluators behind the published figures.
THRESHOLD = 128


def list_image_pairs(
    root: str, images_path: str, truths_path: str, description: DatasetDescription
) -> list[AnnotatedSequence]:
    """Return the images of a folder below `root` with their truths.

    Raises `InputError`, which shows the expected tree, if an image or a truth is missing.
    """
    images_uri, truths_uri = join_uri(root, images_path), join_uri(root, truths_path)
    images, truths = list_stems(images_uri, (".jpg",)), list_stems(truths_uri, (".png",))
    if not images:
        raise build_missing_error("images", images_uri, root, description)
    if not truths:
        raise build_missing_error("masks", truths_uri, root, description)
    for stem in truths.keys() - images.keys():
        raise build_missing_error(f"image {stem!r}", join_uri(images_uri, f"{stem}.jpg"), root, description)
    for stem in images.keys() - truths.keys():
        raise build_missing_error(f"mask {stem!r}", join_uri(truths_uri, f"{stem}.png"), root, description)
    return [build_image(stem, uri, truths[stem], threshold=THRESHOLD) for stem, uri in images.items()]


def build_image(
    name: str, image_uri: str, truth_uri: str, *, threshold: int = 1, encoding: Encoding = "grey"
) -> AnnotatedSequence:
    """Return an image with its truth, as a sequence of one frame."""
    frame = TrueFrame(index=0, name=read_stem(image_uri), mask_uris=(truth_uri,), threshold=threshold, encoding=encoding)
    return AnnotatedSequence(name=name, frames_uri=image_uri, scored_frames=(frame,))
