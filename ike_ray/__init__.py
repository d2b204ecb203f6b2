"""ike_ray: the main object of every frame of a video corpus, outlined without one label.

The method (`ike_ray.pipeline`) finds it with a space-time graph and a network that learns the one video; the corpus
(`ike_ray.corpus`) carries the method over many videos with Ray Data. `ike_ray.load` opens what a run found.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ike_ray.results

__version__ = "0.1.0"


def load(run: str) -> "ike_ray.results.Results":
    """The results of a run, from its folder, local or in object storage:

    ```python
    results = ike_ray.load("RUN")
    results.outcomes.to_pandas()
    ```

    Raises `InputError` where there is no run.
    """
    from ike_ray.results import open_results  # noqa: PLC0415 # every import of the package would wait two seconds for it

    return open_results(run)
