"""How a dataset is scored: one file for each protocol, and one function that chooses.

A protocol's `Scoring` has its name, what becomes of one sequence and of all, and which averages come first. What a system
wrote of a sequence and the sequence's truth come in, and scores go out. How a score is computed, which `metrics` knows, and
which frames count, which `datasets` knows, do not belong here.
"""

from ike_ray.datasets.description import Protocol
from ike_ray.evaluate.protocols.boxes import BOXES
from ike_ray.evaluate.protocols.classes import CLASSES
from ike_ray.evaluate.protocols.images import IMAGES
from ike_ray.evaluate.protocols.objects import OBJECTS
from ike_ray.evaluate.protocols.regions import REGIONS
from ike_ray.evaluate.protocols.saliency import SALIENCY
from ike_ray.evaluate.protocols.semantic import SEMANTIC
from ike_ray.evaluate.scores import Scoring


def choose_scoring(protocol: Protocol) -> Scoring:  # noqa: PLR0911 # one return for each protocol
    """Return the scoring of a dataset's protocol."""
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
