import math

import numpy as np
import pytest
import torch

from ike_ray.motion.maps import REVERSED
from ike_ray.motion.network import MotionNetwork
from ike_ray.motion.samples import MotionSample
from ike_ray.motion.train import evaluate_motion_loss, reverse_maps, train_motion_network


def build_samples() -> dict[str, MotionSample]:
    """Two sizes of clip in which a square moves: four maps of motion are 2 in it and small noise elsewhere."""
    rng = np.random.default_rng(0)
    samples = {}
    for name, (height, width) in {"a": (32, 48), "b": (32, 48), "c": (48, 32)}.items():
        opacity = np.zeros((4, height, width), np.uint8)
        opacity[:, 8:20, 6:22] = 255
        maps = rng.integers(-4, 5, (4, 16, height, width)).astype(np.int8)
        maps[:, :4] += (opacity[:, None] > 0).astype(np.int8) * 50
        samples[name] = MotionSample(maps=maps, opacity=opacity)
    return samples


def train(seed: int, num_steps: int = 20) -> tuple[MotionNetwork, list[float]]:
    samples, losses = build_samples(), []
    network = train_motion_network(
        samples.__getitem__, [["a", "b"], ["c"]], num_steps=num_steps, seed=seed, watch=lambda step, loss: losses.append(loss)
    )
    return network, losses


def test_the_loss_by_hand() -> None:
    """Of four undecided nodes one is object: ln 2, and half of 1 - (2 * 0.5 + 50) / (2 + 1 + 50) = 2 / 53."""
    truth = torch.tensor([[[1.0, 0.0], [0.0, 0.0]]])
    assert float(evaluate_motion_loss(torch.zeros(1, 2, 2), truth)) == pytest.approx(math.log(2) + 1 / 53, abs=1e-6)


def test_what_is_right_costs_nothing_and_what_is_wrong_its_score() -> None:
    """Two nodes of four are object and all are called the opposite: 40 each, and half of 1 - 50 / (2 + 2 + 50)."""
    truth = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    scores = 80 * truth - 40
    assert float(evaluate_motion_loss(scores, truth)) == pytest.approx(0, abs=1e-6)
    assert float(evaluate_motion_loss(-scores, truth)) == pytest.approx(40 + 2 / 54, abs=1e-5)


def test_reversing_twice_changes_nothing() -> None:
    maps = torch.randn(2, 16, 3, 4, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(reverse_maps(reverse_maps(maps)), maps)
    assert sorted(source for source, _ in REVERSED) == list(range(16))


def test_a_few_steps_lower_the_loss_and_find_the_square() -> None:
    network, losses = train(0, num_steps=40)
    assert len(losses) == 40
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])
    assert not network.training
    sample = build_samples()["a"]
    with torch.inference_mode():
        scores = network(torch.from_numpy(sample.maps / 25).float())
    is_square = torch.from_numpy(sample.opacity > 0)
    assert scores[is_square].mean() > scores[~is_square].mean() + 1


def test_the_same_seed_gives_the_same_network_whatever_was_drawn_before() -> None:
    first, losses = train(3, num_steps=3)
    torch.rand(7)
    state = torch.get_rng_state()
    again, same_losses = train(3, num_steps=3)
    assert torch.equal(torch.get_rng_state(), state)
    assert losses == same_losses
    for left, right in zip(first.state_dict().values(), again.state_dict().values(), strict=True):
        torch.testing.assert_close(left, right, atol=0, rtol=0)
    assert losses != train(4, num_steps=3)[1]
