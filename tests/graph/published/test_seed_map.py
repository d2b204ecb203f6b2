import torch

from ike_ray.config import PublishedGraphConfig
from ike_ray.graph.published.seed_map import build_seed_map


def build(kind: str, seed: int = 0) -> torch.Tensor:
    config = PublishedGraphConfig(seed_map=kind)
    return build_seed_map((3, 8, 12), config, torch.Generator().manual_seed(seed), torch.device("cpu"))


def test_every_frame_has_the_same_map_in_range() -> None:
    for kind in ("gaussian", "uniform", "random"):
        seed = build(kind)
        assert seed.shape == (3, 8, 12)
        assert (seed == seed[0]).all()
        assert seed.min() >= 0
        assert seed.max() <= 1


def test_the_gaussian_peaks_in_the_middle() -> None:
    assert build("gaussian")[0, 4, 6] == 1
    assert build("gaussian")[0, 0, 0] == 0


def test_noise_follows_the_generator() -> None:
    assert torch.equal(build("random", 1), build("random", 1))
    assert not torch.equal(build("random", 1), build("random", 2))
