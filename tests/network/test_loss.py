import math

import pytest
import torch

from ike_ray.config import NetworkConfig
from ike_ray.network.loss import evaluate_dice_loss, evaluate_loss

# Two pixels; the net is undecided on both.
SCORES = torch.zeros(1, 2, 1, 2)
SOFT = torch.tensor([[[0.9, 0.2]]])


@pytest.mark.parametrize("labels", ["soft", "hard"])
def test_undecided_costs_log_two(labels: str) -> None:
    loss = evaluate_loss(SCORES, SOFT, NetworkConfig(labels=labels, dice_weight=0))
    assert loss.item() == pytest.approx(math.log(2))


def test_hard_labels_cut_at_a_half_and_soft_ones_do_not() -> None:
    scores = torch.tensor([[[[0.0, 0.0]], [[2.0, -2.0]]]])  # object probability 0.881, 0.119
    hard = evaluate_loss(scores, SOFT, NetworkConfig(labels="hard", dice_weight=0))
    soft = evaluate_loss(scores, SOFT, NetworkConfig(labels="soft", dice_weight=0))
    p, q = 1 / (1 + math.exp(-2)), 1 / (1 + math.exp(2))
    assert hard.item() == pytest.approx(-math.log(p))
    expected = -(0.9 * math.log(p) + 0.1 * math.log(q) + 0.2 * math.log(q) + 0.8 * math.log(p)) / 2
    assert soft.item() == pytest.approx(expected)


def test_dice_by_hand() -> None:
    probabilities = torch.tensor([[[[0.5, 0.5]], [[0.5, 0.5]]]])
    targets = torch.tensor([[[[0.1, 0.8]], [[0.9, 0.2]]]])
    background = (2 * (0.05 + 0.4) + 1) / (1.0 + 0.9 + 1)
    foreground = (2 * (0.45 + 0.1) + 1) / (1.0 + 1.1 + 1)
    assert evaluate_dice_loss(probabilities, targets).item() == pytest.approx(1 - (background + foreground) / 2)


def test_dice_is_added_with_its_weight() -> None:
    plain, with_dice = (evaluate_loss(SCORES, SOFT, NetworkConfig(dice_weight=weight)) for weight in (0, 2))
    targets = torch.stack([1 - SOFT, SOFT], dim=1)
    assert (with_dice - plain).item() == pytest.approx(2 * evaluate_dice_loss(SCORES.softmax(1), targets).item())
