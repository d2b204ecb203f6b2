from dataclasses import replace

import numpy as np
import pytest
import torch

from ike_ray.config import NetworkConfig
from ike_ray.cycle.modules import NetworkModule
from ike_ray.datasets.synthetic import DrawnClip

CONFIG = NetworkConfig(num_steps=2, area_px=None)


def learn(clip: DrawnClip, config: NetworkConfig) -> np.ndarray:
    labels = clip.masks.astype(np.float32) * 0.7
    generator = torch.Generator().manual_seed(0)
    return NetworkModule(clip.frames, config, generator, torch.device("cpu"), None).learn(labels)[1]


def test_the_networks_map_covers_as_much_as_its_labels(drawn_clip: DrawnClip) -> None:
    """Two steps teach it next to nothing; the area is right all the same, and the order of values is the network's."""
    raw, matched = (learn(drawn_clip, replace(CONFIG, calibration=name)) for name in ("none", "area"))
    area = drawn_clip.masks.mean()
    assert abs((raw > 0.5).mean() - area) > 0.05
    assert (matched > 0.5).mean() == pytest.approx(area, abs=0.01)
    order = raw.ravel().argsort()
    assert (np.diff(matched.ravel()[order]) >= 0).all()


def test_empty_labels_teach_nothing(drawn_clip: DrawnClip) -> None:
    module = NetworkModule(drawn_clip.frames, CONFIG, torch.Generator(), torch.device("cpu"), None)
    empty = np.zeros(drawn_clip.masks.shape, np.float32)
    assert module.learn(empty)[0] is None
    assert module.predict_start() is None
