import copy

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from ike_ray.network.training_step import TrainingStep

LENGTHS = (4, 4, 3, 4, 4, 3, 4, 1, 4, 4)  # the third and others end a pass over the frames


def train(network: nn.Module, device: str, *, is_recorded: bool) -> list[Tensor]:
    """Take a step on each batch, and return the weights."""
    network = copy.deepcopy(network).to(device)
    generator = torch.Generator().manual_seed(1)
    images, targets = (torch.rand(8, channels, 16, 24, generator=generator).to(device) for channels in (3, 2))

    def evaluate(batch: Tensor) -> Tensor:
        return functional.mse_loss(network(images[batch]), targets[batch])

    take_step = TrainingStep(network, evaluate, learning_rate=1e-2, is_recorded=is_recorded)
    for length in LENGTHS:
        take_step(torch.randperm(8, generator=generator)[:length].to(device))
    return [weights.detach().cpu() for weights in network.parameters()]


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.InstanceNorm2d(8, affine=True), nn.ReLU(), nn.Conv2d(8, 2, 1))


def test_steps_are_those_of_adamw(network: nn.Module) -> None:
    """On a CPU, whether they are to be recorded or not: there is nothing to start."""
    literal = copy.deepcopy(network)
    optimizer = torch.optim.AdamW(literal.parameters(), lr=1e-2)
    generator = torch.Generator().manual_seed(1)
    images, targets = (torch.rand(8, channels, 16, 24, generator=generator) for channels in (3, 2))
    for length in LENGTHS:
        batch = torch.randperm(8, generator=generator)[:length]
        optimizer.zero_grad()
        functional.mse_loss(literal(images[batch]), targets[batch]).backward()
        optimizer.step()
    for is_recorded in (False, True):
        for found, expected in zip(train(network, "cpu", is_recorded=is_recorded), literal.parameters(), strict=True):
            torch.testing.assert_close(found, expected.detach(), rtol=0, atol=0)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch finds no GPU")
def test_a_recorded_step_is_the_computed_one(network: nn.Module, caplog: pytest.LogCaptureFixture) -> None:
    computed = train(network, "cuda", is_recorded=False)
    for found, expected in zip(train(network, "cuda", is_recorded=True), computed, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-5)
    assert not caplog.records
