"""ike_ray: the main object of every frame of a video, outlined without one label.

    for frame in ike_ray.segment("cat.mp4"): ...        a video, in this process
    for image in ike_ray.segment_images("photos"): ...  images
    ike_ray.load("RUN")                                 what a run of `ike-ray` found

The method (`ike_ray.pipeline`) finds the object with a space-time graph. The corpus (`ike_ray.corpus`) carries the method
over many videos with Ray. Each of the names here is imported when it is used first, since importing all of them takes
seconds.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ike_ray.version import __version__

if TYPE_CHECKING:
    from ike_ray.in_process.frames import FoundFrame, segment
    from ike_ray.in_process.images import FoundImage, segment_images
    from ike_ray.results import Results, load

__all__ = ["FoundFrame", "FoundImage", "Results", "__version__", "load", "segment", "segment_images"]
_HOMES = {
    "FoundFrame": "ike_ray.in_process.frames",
    "FoundImage": "ike_ray.in_process.images",
    "Results": "ike_ray.results",
    "load": "ike_ray.results",
    "segment": "ike_ray.in_process.frames",
    "segment_images": "ike_ray.in_process.images",
}

if not TYPE_CHECKING:  # without it, a type checker would believe that any name exists

    def __getattr__(name: str) -> Any:
        """Return `name`, imported from its home."""
        if name not in _HOMES:
            raise AttributeError(f"module 'ike_ray' has no attribute {name!r}")
        return getattr(import_module(_HOMES[name]), name)

    def __dir__() -> list[str]:
        return sorted([*globals(), *__all__])
