"""Vision transformers as `transformers` saves and loads them: tiny, with weights drawn here."""

import builtins
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from ike_ray.config import FeaturesConfig
from ike_ray.errors import ConfigError
from ike_ray.spectral.vit import Vit
from ike_ray.spectral.vit_model import read_normalization
from tests.torchvision_without_cuda import declare_operators

declare_operators()
import transformers  # noqa: E402

FAMILIES = {
    "dino": (transformers.ViTConfig, transformers.ViTModel),
    "dinov2": (transformers.Dinov2Config, transformers.Dinov2Model),
    "dinov2_registers": (transformers.Dinov2WithRegistersConfig, transformers.Dinov2WithRegistersModel),
    "dinov3": (transformers.DINOv3ViTConfig, transformers.DINOv3ViTModel),
    "mae": (transformers.ViTMAEConfig, transformers.ViTMAEModel),
}
TINY = {
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "image_size": 48,
    "patch_size": 8,
    "initializer_range": 0.2,  # so that weights matter
}
NUM_REGISTERS = {"dinov2_registers": 4, "dinov3": 4}


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A saved model of each family."""
    found = {}
    for name, (settings, model) in FAMILIES.items():
        folder = tmp_path_factory.mktemp(name)
        registers = {"num_register_tokens": NUM_REGISTERS[name]} if name in NUM_REGISTERS else {}
        torch.manual_seed(0)
        drawn = model(settings(**TINY, **registers))
        with torch.no_grad():
            for parameter in drawn.parameters():  # layer scales and positions as well, or blocks would do next to nothing
                parameter.add_(torch.randn_like(parameter), alpha=0.1)
        drawn.save_pretrained(folder)
        found[name] = folder
    return found


@pytest.fixture
def images(rng: np.random.Generator) -> np.ndarray:
    """Two of 5 x 7 patches, with some pixels more: another size than the models were made for."""
    return rng.integers(0, 256, (2, 43, 60, 3), np.uint8)


def load(folder: Path, **settings: Any) -> Vit:
    config = FeaturesConfig(**{"source": "vit", "model": str(folder), "precision": "float32"} | settings)
    return Vit(config, torch.device("cpu"))


def list_blocks(model: nn.Module) -> nn.ModuleList:
    return next(module for module in model.modules() if isinstance(module, nn.ModuleList) and len(module) == 3)


def run_by_hand(folder: Path, images: np.ndarray, block: int) -> tuple[Tensor, Tensor, Any]:
    """The block's input and output, all tokens, and the block, from transformers alone."""
    model = transformers.AutoModel.from_pretrained(folder).eval()
    chosen = list_blocks(model)[block]
    seen: dict[str, Tensor] = {}
    chosen.register_forward_hook(lambda module, inputs, output: seen.update(inputs=inputs[0], output=output))
    pixels = torch.from_numpy(images[:, :40, :56]).permute(0, 3, 1, 2) / 255
    mean, deviation = (torch.tensor(v)[:, None, None] for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    options: dict[str, Any] = {}
    if model.config.model_type in ("vit", "vit_mae"):
        options["interpolate_pos_encoding"] = True
    if model.config.model_type == "vit_mae":
        model.config.mask_ratio = 0.0
        options["noise"] = torch.linspace(0, 1, 35).expand(2, -1)
    with torch.no_grad():
        model(pixel_values=(pixels - mean) / deviation, **options)
    return seen["inputs"], seen["output"], chosen


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("kind", "block"), [("keys", -1), ("queries", -1), ("values", 0), ("keys", 1)])
def test_features_are_the_projections_of_the_block(
    folders: dict[str, Path], images: np.ndarray, family: str, kind: str, block: int
) -> None:
    features = load(folders[family], kind=kind, block=block).predict_features(images)
    inputs, _, chosen = run_by_hand(folders[family], images, block)
    norm = next(part for part in chosen.modules() if isinstance(part, nn.LayerNorm))  # the one before attention
    projection = getattr(chosen.attention, f"{kind[0]}_proj")
    normed = functional.layer_norm(inputs, (32,), norm.weight, norm.bias, norm.eps)
    rows = normed @ projection.weight.T + (0 if projection.bias is None else projection.bias)
    expected = functional.normalize(rows[:, 1 + NUM_REGISTERS.get(family, 0) :], dim=-1)
    assert features.shape == (2, 35, 32)
    torch.testing.assert_close(features, expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_tokens_are_what_the_block_gives(folders: dict[str, Path], images: np.ndarray, family: str) -> None:
    features = load(folders[family], kind="tokens").predict_features(images)
    _, output, _ = run_by_hand(folders[family], images, -1)
    expected = functional.normalize(output[:, 1 + NUM_REGISTERS.get(family, 0) :], dim=-1)
    torch.testing.assert_close(features, expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_descriptors_are_normed_class_tokens(folders: dict[str, Path], images: np.ndarray, family: str) -> None:
    vit = load(folders[family])
    descriptors = vit.predict_descriptors(images)
    _, output, _ = run_by_hand(folders[family], images, -1)
    model = transformers.AutoModel.from_pretrained(folders[family])
    norm = model.norm if hasattr(model, "norm") else model.layernorm
    with torch.no_grad():
        expected = functional.normalize(norm(output)[:, 0], dim=-1)
    torch.testing.assert_close(descriptors, expected, atol=1e-5, rtol=1e-4)


def test_mae_keeps_all_patches_in_their_order(folders: dict[str, Path], images: np.ndarray) -> None:
    """Moving the image by a patch moves values of the first block by a patch, but for what positions add."""
    vit = load(folders["mae"], kind="values", block=0)
    assert vit.predict_features(images).shape[1] == 35
    torch.testing.assert_close(vit.predict_features(images), vit.predict_features(images))  # nothing is drawn
    one = images.copy()
    one[:, 8:16, 16:24] = 0  # the third patch of the second row
    changed = (vit.predict_features(images) - vit.predict_features(one)).abs().amax(dim=(0, 2)) > 1e-6
    assert changed.nonzero().flatten().tolist() == [9]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_patch_is_where_the_image_has_it(folders: dict[str, Path], images: np.ndarray, family: str) -> None:
    vit = load(folders[family], kind="values", block=0)
    one = images.copy()
    one[:, 32:40, 48:56] = 0
    difference = rearrange((vit.predict_features(images) - vit.predict_features(one)).abs(), "b (h w) d -> b h w d", h=5)
    assert (difference.amax(dim=(0, 3)) > 1e-6).nonzero().tolist() == [[4, 6]]


def test_pixels_beyond_whole_patches_do_not_matter(folders: dict[str, Path], images: np.ndarray) -> None:
    vit = load(folders["dino"])
    torch.testing.assert_close(vit.predict_features(images), vit.predict_features(images[:, :40, :56]))


def test_bfloat16_is_close_and_float32_comes_back(folders: dict[str, Path], images: np.ndarray) -> None:
    exact = load(folders["dino"]).predict_features(images)
    rounded = load(folders["dino"], precision="bfloat16").predict_features(images)
    assert rounded.dtype == torch.float32
    assert (exact * rounded).sum(-1).min() > 0.98


def test_means_and_deviations_are_the_models_own(folders: dict[str, Path], images: np.ndarray, tmp_path: Path) -> None:
    model = transformers.AutoModel.from_pretrained(folders["dino"])
    model.save_pretrained(tmp_path)
    torch.testing.assert_close(read_normalization(str(tmp_path))[0], torch.tensor([0.485, 0.456, 0.406]))
    before = load(tmp_path).predict_features(images)
    settings = {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.1, 0.2, 0.3], "image_processor_type": "ViTImageProcessor"}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(settings))
    torch.testing.assert_close(read_normalization(str(tmp_path)), torch.tensor([[0.5, 0.4, 0.3], [0.1, 0.2, 0.3]]))
    assert (before - load(tmp_path).predict_features(images)).abs().max() > 0.01
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(settings | {"do_normalize": False}))
    torch.testing.assert_close(read_normalization(str(tmp_path)), torch.tensor([[0.0, 0, 0], [1, 1, 1]]))


def test_weights_may_be_a_pickle_of_plain_tensors(folders: dict[str, Path], images: np.ndarray, tmp_path: Path) -> None:
    model = transformers.AutoModel.from_pretrained(folders["dino"])
    model.config.save_pretrained(tmp_path)
    torch.save(model.state_dict(), tmp_path / "pytorch_model.bin")
    torch.testing.assert_close(load(tmp_path).predict_features(images), load(folders["dino"]).predict_features(images))


def test_a_pickle_of_anything_else_is_refused(folders: dict[str, Path], tmp_path: Path) -> None:
    transformers.AutoConfig.from_pretrained(folders["dino"]).save_pretrained(tmp_path)
    torch.save({"weights": Path("/")}, tmp_path / "pytorch_model.bin")
    with pytest.raises(ConfigError, match=r"cannot load features\.model"):
        load(tmp_path)


def test_missing_weights_are_named(folders: dict[str, Path], tmp_path: Path) -> None:
    model = transformers.AutoModel.from_pretrained(folders["dino"])
    kept = {name: value for name, value in model.state_dict().items() if "layers.1.attention.k_proj" not in name}
    model.save_pretrained(tmp_path, state_dict=kept)
    with pytest.raises(ConfigError, match=r"2 are missing, the first is layers\.1\.attention\.k_proj\.bias"):
        load(tmp_path)


def test_folders_that_are_no_model(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"found a folder"):
        load(tmp_path)
    with pytest.raises(ConfigError, match=r"found no such folder") as caught:
        load(tmp_path / "no" / "such" / "folder")
    assert "huggingface.co" not in str(caught.value).partition("found no such folder")[2]


def test_a_name_on_the_hub_that_cannot_be_reached_says_what_to_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ConfigError) as caught:
        load(Path("nobody/no-such-model"))
    said = str(caught.value)
    assert "found no such folder" in said
    assert "fetch config.json, preprocessor_config.json and the weights (model.safetensors, or pytorch_model.bin)" in said
    assert said.endswith("set features.model to it: hf download nobody/no-such-model --local-dir FOLDER")


def test_models_without_attention_are_refused(tmp_path: Path) -> None:
    settings = transformers.ConvNextConfig(hidden_sizes=[8, 8, 8, 8], depths=[1, 1, 1, 1])
    transformers.ConvNextModel(settings).save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match="found ConvNextModel without"):
        load(tmp_path)


def test_blocks_that_are_not_there(folders: dict[str, Path]) -> None:
    with pytest.raises(ConfigError, match=r"has 3 blocks\. Choose 0 to 2"):
        load(folders["dino"], block=3)


def test_images_smaller_than_a_patch_are_refused(folders: dict[str, Path]) -> None:
    with pytest.raises(ValueError, match="at least 8 x 8 pixels"):
        load(folders["dino"]).predict_features(np.zeros((1, 7, 30, 3), np.uint8))


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch, folders: dict[str, Path]) -> None:
    real = builtins.__import__

    def refuse(name: str, *arguments: Any, **options: Any) -> Any:
        if name.split(".", maxsplit=1)[0] == "transformers":
            raise ModuleNotFoundError("No module named 'transformers'")
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ConfigError, match=r"ike_ray\[vit\]"):
        load(folders["dino"])


def test_a_vit_needs_a_model() -> None:
    with pytest.raises(ValueError, match="facebook/dino-vits16"):
        FeaturesConfig(source="vit")
