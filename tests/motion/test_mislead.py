import numpy as np
import torch

from ike_ray.motion import mislead
from ike_ray.motion.maps import SOFT_PX
from ike_ray.motion.mislead import mislead_maps


def build(num_samples: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Samples whose object, a third of the frame, moves by 2 px to the right against a background at rest."""
    truth = torch.zeros(num_samples, 24, 32)
    truth[:, 6:18, 8:26] = 1
    maps = torch.zeros(num_samples, 16, 24, 32)
    for first in (0, 2, 4, 12):
        maps[:, first] = torch.asinh(2 / torch.tensor(SOFT_PX)) * truth
    return maps, truth


def test_a_fit_that_follows_the_object_leaves_it_at_rest(monkeypatch) -> None:
    monkeypatch.setattr(mislead, "_FOLLOWING", 1.0)
    maps, truth = build(2)
    misled = mislead_maps(maps, truth, np.random.default_rng(0))
    is_object = truth[0] > 0
    for first in (0, 2, 12):
        across = torch.sinh(misled[0, first]) * SOFT_PX
        torch.testing.assert_close(across[is_object], torch.zeros(int(is_object.sum())), atol=1e-5, rtol=0)
        torch.testing.assert_close(across[~is_object], torch.full_like(across[~is_object], -2.0), atol=1e-5, rtol=1e-5)
    assert (misled[0, 8][is_object] < 1e-4).all()
    torch.testing.assert_close(misled[0, 8][~is_object], torch.ones(int((~is_object).sum())))
    torch.testing.assert_close(misled[:, 4:8], maps[:, 4:8])  # the flow itself tells


def test_a_third_is_misled_and_nothing_that_was_given_changes() -> None:
    maps, truth = build(300)
    before = maps.clone()
    misled = mislead_maps(maps, truth, np.random.default_rng(0))
    assert torch.equal(maps, before)
    changed = float((misled != maps).flatten(1).any(dim=1).float().mean())
    assert 0.28 < changed < 0.42
    assert torch.isfinite(misled).all()


def test_a_small_object_is_not_followed(monkeypatch) -> None:
    monkeypatch.setattr(mislead, "_FOLLOWING", 1.0)
    monkeypatch.setattr(mislead, "_FAILING", 1.0)
    maps, truth = build(5)
    truth[:, :, 9:] = 0
    misled = mislead_maps(maps, truth, np.random.default_rng(0))
    errors = torch.sinh(misled[:, 0]) - torch.sinh(maps[:, 0])
    assert (errors.flatten(1).std(dim=1) > 0.05).all()  # a field that varies: the fit goes astray instead
