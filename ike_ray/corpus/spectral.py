"""The spectral job: Deep Spectral Methods on every image, or video, of a list."""

from collections.abc import Sequence

from ike_ray.config import SpectralRunConfig
from ike_ray.corpus.background import read_background
from ike_ray.corpus.carry import Show, carry_corpus, show_nothing
from ike_ray.corpus.locate import locate_files
from ike_ray.corpus.method import SpectralMethod
from ike_ray.records import VideoRef
from ike_ray.storage.run_folder import RunFolder


def spectral_corpus(
    refs: Sequence[VideoRef],
    run: RunFolder,
    config: SpectralRunConfig,
    *,
    retry_failed: bool = False,
    show: Show = show_nothing,
) -> None:
    """Carries the images, and the frames of the videos, through what the task asks for: see `carry_corpus`.

    Raises `ConfigError` where the model or the background cannot be used.
    """
    read_background(config.output.composite)  # a bad one is found here, not in every worker
    method = SpectralMethod(run=run, config=locate_files(config))
    carry_corpus(refs, run, method, config.workers, retry_failed=retry_failed, show=show)
