import pickle
from pathlib import Path

import pytest
import torch

from ike_ray.errors import ConfigError
from ike_ray.flow.raft_weights import read_raft_weights, rename_published

# Names in the published raft-things.pth, the large model, and what torchvision calls them.
LARGE = {
    "module.fnet.conv1.weight": "feature_encoder.convnormrelu.0.weight",
    "module.cnet.norm1.running_mean": "context_encoder.convnormrelu.1.running_mean",
    "module.cnet.layer2.0.conv2.bias": "context_encoder.layer2.0.convnormrelu2.0.bias",
    "module.cnet.layer2.0.norm1.weight": "context_encoder.layer2.0.convnormrelu1.1.weight",
    "module.cnet.layer2.0.downsample.1.weight": "context_encoder.layer2.0.downsample.1.weight",
    "module.cnet.conv2.weight": "context_encoder.conv.weight",
    "module.update_block.encoder.convc2.bias": "update_block.motion_encoder.convcorr2.0.bias",
    "module.update_block.encoder.convf1.weight": "update_block.motion_encoder.convflow1.0.weight",
    "module.update_block.encoder.conv.weight": "update_block.motion_encoder.conv.0.weight",
    "module.update_block.gru.convz2.weight": "update_block.recurrent_block.convgru2.convz.weight",
    "module.update_block.flow_head.conv2.bias": "update_block.flow_head.conv2.bias",
    "module.update_block.mask.2.weight": "mask_predictor.conv.weight",
}


def test_published_names_become_torchvisions() -> None:
    assert {name: rename_published(name) for name in LARGE} == LARGE


def test_torchvisions_own_names_stay() -> None:
    assert {rename_published(name) for name in LARGE.values()} == set(LARGE.values())


def test_only_plain_tensors_load(tmp_path: Path) -> None:
    path = tmp_path / "evil.pth"
    path.write_bytes(pickle.dumps({"x": Path}, protocol=2))
    with pytest.raises(ConfigError, match="expected a state dict of plain tensors"):
        read_raft_weights(str(path), {})
    path.write_bytes(b"")
    with pytest.raises(ConfigError, match="cannot load"):
        read_raft_weights(str(path), {})
    torch.save([1], path)
    with pytest.raises(ConfigError, match="found list"):
        read_raft_weights(str(path), {})
    with pytest.raises(ConfigError, match="no RAFT weights file"):
        read_raft_weights(f"{tmp_path}/missing.pth", {})


def test_shapes_are_checked(tmp_path: Path) -> None:
    torch.save({"module.fnet.conv1.weight": torch.zeros(2)}, tmp_path / "w.pth")
    expected = {"feature_encoder.convnormrelu.0.weight": torch.zeros(2)}
    assert list(read_raft_weights(f"{tmp_path}/w.pth", expected)) == list(expected)
    with pytest.raises(ConfigError, match="1 of 1 tensors"):
        read_raft_weights(f"{tmp_path}/w.pth", {"feature_encoder.convnormrelu.0.weight": torch.zeros(3)})
