import pytest
import torch

from ike_ray.config import NetworkConfig
from ike_ray.network.unet import build_network


def count_parameters(architecture: str) -> int:
    network = build_network(NetworkConfig(architecture=architecture), torch.Generator().manual_seed(0))
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_published_size() -> None:
    assert round(count_parameters("paper") / 1e6, 2) == 67.39


def test_the_compact_one_is_a_hundredth() -> None:
    assert count_parameters("compact") < 0.01 * count_parameters("paper")


@pytest.mark.parametrize("size", [(32, 32), (48, 80), (45, 83), (33, 64)])
def test_any_size_comes_back(size: tuple[int, int], generator: torch.Generator) -> None:
    network = build_network(NetworkConfig(), generator)
    assert network(torch.rand(2, 3, *size)).shape == (2, 2, *size)


def test_weights_follow_the_generator() -> None:
    def stem(seed: int) -> torch.Tensor:
        torch.rand(3)  # the global generator plays no part
        return build_network(NetworkConfig(), torch.Generator().manual_seed(seed)).stem[0].weight

    assert torch.equal(stem(1), stem(1))
    assert not torch.equal(stem(1), stem(2))
