"""The one place that decides how a dataset is scored."""

from ike_ray.datasets.description import Protocol
from ike_ray.evaluate.boxes import BOXES
from ike_ray.evaluate.classes import CLASSES
from ike_ray.evaluate.images import IMAGES
from ike_ray.evaluate.objects import OBJECTS
from ike_ray.evaluate.regions import REGIONS
from ike_ray.evaluate.saliency import SALIENCY
from ike_ray.evaluate.scoring import Scoring
from ike_ray.evaluate.semantic import SEMANTIC


def choose_scoring(protocol: Protocol) -> Scoring:  # noqa: PLR0911 # a list
    """The scoring of a dataset's protocol."""
    match protocol:
        case "regions":
            return REGIONS
        case "objects":
            return OBJECTS
        case "classes":
            return CLASSES
        case "boxes":
            return BOXES
        case "saliency":
            return SALIENCY
        case "images":
            return IMAGES
        case "semantic":
            return SEMANTIC
