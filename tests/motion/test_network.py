import pytest
import torch

from ike_ray.motion.network import MotionNetwork


@pytest.fixture
def network() -> MotionNetwork:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return MotionNetwork().eval()


@pytest.mark.parametrize("size", [(16, 32), (33, 47), (5, 7), (1, 19)])
@torch.inference_mode()
def test_a_score_a_node_for_sides_of_any_length(
    network: MotionNetwork, generator: torch.Generator, size: tuple[int, int]
) -> None:
    scores = network(torch.rand(2, 16, *size, generator=generator))
    assert scores.shape == (2, *size)
    assert torch.isfinite(scores).all()


@torch.inference_mode()
def test_a_frame_does_not_see_the_others_of_its_batch(network: MotionNetwork, generator: torch.Generator) -> None:
    maps = torch.rand(3, 16, 33, 47, generator=generator)
    torch.testing.assert_close(network(maps)[1:2], network(maps[1:2]), atol=1e-5, rtol=1e-4)
    assert (network(maps)[0] - network(maps)[1]).abs().max() > 1e-4


@torch.inference_mode()
def test_each_node_knows_what_the_whole_frame_does(network: MotionNetwork, generator: torch.Generator) -> None:
    """A change of the first 16 of 640 columns reaches the last one, which lies beyond what convolutions see."""
    network = network.double()  # fresh weights make next to nothing of it
    maps = torch.randn(1, 16, 32, 640, generator=generator, dtype=torch.float64)
    changed = maps.clone()
    changed[:, :, :, :16] += 20
    assert (network(changed) - network(maps))[0, :, -1].abs().max() > 1e-12
    for layer in network.frame:
        if isinstance(layer, torch.nn.Linear):
            layer.weight.zero_()
    torch.testing.assert_close(network(changed)[0, :, -1], network(maps)[0, :, -1], atol=1e-14, rtol=0)


def test_every_weight_learns(network: MotionNetwork, generator: torch.Generator) -> None:
    network.train()(torch.randn(2, 16, 33, 47, generator=generator)).square().mean().backward()
    assert all(weight.grad is not None and weight.grad.any() for weight in network.parameters())
