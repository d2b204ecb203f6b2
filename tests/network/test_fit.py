from dataclasses import replace

import pytest
import torch

from ike_ray.config import NetworkConfig
from ike_ray.datasets.synthetic import DrawnClip
from ike_ray.metrics.jaccard import evaluate_jaccard
from ike_ray.network import fit
from ike_ray.network.fit import _list_batches, fit_network, predict_soft_masks

CONFIG = NetworkConfig(num_steps=60)


def learn(clip: DrawnClip, config: NetworkConfig, seed: int = 0) -> torch.Tensor:
    frames, masks = torch.from_numpy(clip.frames), torch.from_numpy(clip.masks).float()
    network = fit_network(frames, masks, config, torch.Generator().manual_seed(seed))
    return predict_soft_masks(network, frames, config)


def test_it_learns_what_it_is_shown(drawn_clip: DrawnClip) -> None:
    soft_masks = learn(drawn_clip, CONFIG)
    assert soft_masks.shape == drawn_clip.masks.shape
    assert soft_masks.min() >= 0
    assert soft_masks.max() <= 1
    assert evaluate_jaccard((soft_masks > 0.5).numpy(), drawn_clip.masks).mean() > 0.8


def test_the_same_seed_learns_the_same(drawn_clip: DrawnClip) -> None:
    config = replace(CONFIG, num_steps=5)
    first = learn(drawn_clip, config)
    assert torch.equal(first, learn(drawn_clip, config))
    assert not torch.equal(first, learn(drawn_clip, config, seed=1))


@pytest.mark.parametrize(
    ("config", "sizes"),
    [
        (NetworkConfig(num_steps=4, batch_size=3), [3, 3, 1, 3]),
        (NetworkConfig(num_steps=None, num_epochs=2, batch_size=4), [4, 3, 4, 3]),
        (NetworkConfig(num_steps=2, batch_size=100), [7, 7]),
    ],
)
def test_steps_and_epochs(config: NetworkConfig, sizes: list[int], generator: torch.Generator) -> None:
    batches = list(_list_batches(7, config, generator))
    assert [len(batch) for batch in batches] == sizes
    if len(sizes) == 4:
        assert sorted(torch.cat(batches[: 3 if sizes[0] == 3 else 2]).tolist()) == list(range(7))


def test_training_goes_on_from_given_weights_and_leaves_them(drawn_clip: DrawnClip, generator: torch.Generator) -> None:
    frames, masks = torch.from_numpy(drawn_clip.frames), torch.from_numpy(drawn_clip.masks).float()
    first = fit_network(frames, masks, CONFIG, generator)
    before = {name: value.clone() for name, value in first.state_dict().items()}
    few = replace(CONFIG, num_steps=2)
    continued = fit_network(frames, masks, few, generator, start=first)
    assert not continued.training
    assert all(torch.equal(value, before[name]) for name, value in first.state_dict().items())
    assert not all(torch.equal(value, before[name]) for name, value in continued.state_dict().items())
    truth = drawn_clip.masks
    ious = [
        evaluate_jaccard((predict_soft_masks(network, frames, few) > 0.5).numpy(), truth).mean()
        for network in (continued, fit_network(frames, masks, few, generator))
    ]
    assert ious[0] > ious[1] + 0.2  # two steps from fresh weights learn little


def test_the_size_of_a_forward_pass_changes_no_answer(
    drawn_clip: DrawnClip, generator: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames, masks = torch.from_numpy(drawn_clip.frames), torch.from_numpy(drawn_clip.masks).float()
    network = fit_network(frames, masks, replace(CONFIG, num_steps=2), generator)
    whole = predict_soft_masks(network, frames, CONFIG)
    monkeypatch.setattr(fit, "_PIXELS_A_BATCH", 1)
    torch.testing.assert_close(predict_soft_masks(network, frames, CONFIG), whole)
