import pytest
import torch
from torch.nn import functional

from ike_ray.config import StudentConfig, TrainingConfig
from ike_ray.student.samples import IGNORED
from ike_ray.student.train_step import build_optimizer, build_student, choose_learning_rate, evaluate_student_loss, take_step

SMALL = StudentConfig(widths=(4, 8), area_px=1024)


def test_the_network_has_a_score_a_class(generator: torch.Generator) -> None:
    network = build_student(StudentConfig(widths=(4, 8, 8), num_classes=5), generator)
    assert network(torch.rand(2, 3, 33, 40)).shape == (2, 6, 33, 40)
    again = build_student(StudentConfig(widths=(4, 8, 8), num_classes=5), torch.Generator().manual_seed(0))
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), again.parameters(), strict=True))


def test_the_loss_by_hand() -> None:
    """Two pixels, known probabilities: cross-entropy is the mean of -log p, Dice as its formula says."""
    scores = torch.log(torch.tensor([[[[0.75, 0.5]], [[0.25, 0.5]]]]))
    labels, weights = torch.tensor([[[0, 1]]]), torch.ones(1)
    entropy = -(torch.log(torch.tensor(0.75)) + torch.log(torch.tensor(0.5))) / 2
    torch.testing.assert_close(evaluate_student_loss(scores, labels, weights, 0.0), entropy)
    dice = 1 - ((2 * 0.75 + 1) / (1.25 + 1 + 1) + (2 * 0.5 + 1) / (0.75 + 1 + 1)) / 2
    torch.testing.assert_close(evaluate_student_loss(scores, labels, weights, 1.0), entropy + dice)


def test_ignored_pixels_and_frames_without_weight_teach_nothing(generator: torch.Generator) -> None:
    scores = torch.randn(2, 3, 4, 4, generator=generator)
    labels = torch.randint(0, 3, (2, 4, 4), generator=generator)
    labels[0, :2] = IGNORED
    weights = torch.tensor([1.0, 0.0])
    expected = evaluate_student_loss(scores[:1, :, 2:], labels[:1, 2:], weights[:1], 0.7)
    torch.testing.assert_close(evaluate_student_loss(scores, labels, weights, 0.7), expected)
    nothing = evaluate_student_loss(scores, torch.full_like(labels, IGNORED), weights, 0.7)
    assert nothing.isfinite()
    assert nothing < 1e-6


def test_the_learning_rate_rises_and_falls() -> None:
    config = TrainingConfig(num_steps=100, learning_rate=0.1)
    rates = [choose_learning_rate(step, config) for step in range(100)]
    assert rates[0] == pytest.approx(0.02)
    assert max(rates) == pytest.approx(0.1)
    assert rates[50] == pytest.approx(0.1 * 50 / 95)
    assert rates[-1] == pytest.approx(0.1 / 95)
    assert choose_learning_rate(0, TrainingConfig(num_steps=1, learning_rate=0.1)) == pytest.approx(0.1)


def test_it_learns_what_colour_tells(generator: torch.Generator) -> None:
    """Three classes that differ in colour alone are told apart after some steps."""
    config = TrainingConfig(num_steps=60, learning_rate=1e-2, precision="float32")
    student = StudentConfig(widths=(4, 8), num_classes=2)
    network = build_student(student, generator)
    optimizer = build_optimizer(network, config)
    labels = torch.randint(0, 3, (4, 8, 8), generator=generator)
    labels = functional.interpolate(labels[:, None].float(), (32, 32), mode="nearest")[:, 0].long()
    images = functional.one_hot(labels, 3).permute(0, 3, 1, 2).float() * 0.8
    losses = [take_step(network, optimizer, (images, labels, torch.ones(4)), step, config) for step in range(60)]
    assert losses[-1] < losses[0] / 3
    assert (network(images).argmax(dim=1) == labels).float().mean() > 0.9
