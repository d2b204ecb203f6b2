"""Real pictures of a drawn run through both kinds of descriptors."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ike_ray.config import DescriptorsConfig
from ike_ray.semantics.describe import build_describer, build_digest, build_settings_text, describe_videos
from tests.drawn_run import DrawnRun
from tests.torchvision_without_cuda import declare_operators

declare_operators()
import transformers  # noqa: E402

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny vision transformer with weights drawn here, as transformers saves it."""
    folder = tmp_path_factory.mktemp("vit")
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}
    settings = transformers.ViTConfig(**sizes, image_size=32, patch_size=8, initializer_range=0.2)
    transformers.ViTModel(settings, add_pooling_layer=False).save_pretrained(folder)
    return folder


def describe(drawn: DrawnRun, config: DescriptorsConfig, *names: str) -> tuple[list[dict], dict[str, Exception]]:
    return describe_videos([drawn.video(name) for name in names], build_describer(config, CPU), config)


def test_every_region_of_every_frame_has_a_descriptor(drawn_run: DrawnRun) -> None:
    rows, failures = describe(drawn_run, DescriptorsConfig(), "bear", "sub/cat.mp4", "dog.mp4")
    assert not failures
    assert [(row["video_id"], row["frame_index"], row["number"]) for row in rows] == [
        *(("bear", index, 1) for index in range(4)),
        *(("sub/cat.mp4", index, number) for index, number in ((1, 1), (1, 2), (3, 1), (3, 2), (5, 2))),
        *(("dog.mp4", index, 1) for index in range(2)),  # the third is empty
    ]
    vectors = np.stack([row["descriptor"] for row in rows])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    likeness = vectors @ vectors.T
    assert likeness[:4, :4].min() > likeness[:4, 9:].max()  # the frames of one video, against another's


def test_a_batch_may_be_of_several_videos(drawn_run: DrawnRun) -> None:
    sizes: list[int] = []
    config = DescriptorsConfig(batch_size=4)
    describer = build_describer(config, CPU)

    def count(crops: list) -> np.ndarray:
        sizes.append(len(crops))
        return describer(crops)

    rows, _ = describe_videos([drawn_run.video(name) for name in ("bear", "sub/cat.mp4", "dog.mp4")], count, config)
    assert sizes == [4, 4, 3]
    alone, _ = describe(drawn_run, DescriptorsConfig(batch_size=1), "dog.mp4")
    np.testing.assert_array_equal(rows[-1]["descriptor"], alone[-1]["descriptor"])


def test_a_video_that_has_gone_or_changed_costs_itself(drawn_run: DrawnRun) -> None:
    gone, fine = replace(drawn_run.video("dog.mp4"), uri="/missing.mp4"), drawn_run.video("bear")
    changed = replace(drawn_run.video("sub/cat.mp4"), height=99)
    config = DescriptorsConfig(batch_size=3)
    rows, failures = describe_videos([gone, fine, changed], build_describer(config, CPU), config)
    assert {row["video_id"] for row in rows} == {"bear"}
    assert "has gone" in str(failures["dog.mp4"])
    assert "has changed" in str(failures["sub/cat.mp4"])


def test_a_video_that_ends_early_has_no_rows_at_all(drawn_run: DrawnRun) -> None:
    bear = Path(drawn_run.video("bear").uri)
    (bear / "img_10.jpg").write_bytes(b"no picture")
    rows, failures = describe(drawn_run, DescriptorsConfig(batch_size=1), "bear", "dog.mp4")
    assert {row["video_id"] for row in rows} == {"dog.mp4"}
    assert "img_10.jpg" in str(failures["bear"])


def test_small_regions_are_left_out(drawn_run: DrawnRun) -> None:
    rows, _ = describe(drawn_run, DescriptorsConfig(min_area_fraction=0.99), "bear")
    assert rows == []


def test_a_vit_gives_class_tokens_of_crops(drawn_run: DrawnRun, model: Path) -> None:
    config = DescriptorsConfig(source="vit", model=str(model), precision="float32", crop_side_px=32, batch_size=3)
    rows, failures = describe(drawn_run, config, "bear", "sub/cat.mp4")
    assert not failures
    vectors = np.stack([row["descriptor"] for row in rows])
    assert vectors.shape == (9, 16)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.abs(vectors[0] - vectors[4]).max() > 1e-3
    alone, _ = describe(drawn_run, replace(config, batch_size=1), "sub/cat.mp4")
    np.testing.assert_allclose(alone[-1]["descriptor"], vectors[-1], atol=1e-5)


def test_the_digest_goes_by_what_changes_a_descriptor() -> None:
    digests = [
        build_digest(build_settings_text(run, config))
        for run, config in (
            ("a", DescriptorsConfig()),
            ("a", DescriptorsConfig(batch_size=7)),
            ("a", DescriptorsConfig(margin_fraction=0.2)),
            ("b", DescriptorsConfig()),
        )
    ]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_a_vit_needs_a_model() -> None:
    with pytest.raises(ValueError, match="facebook/dino-vits16"):
        DescriptorsConfig(source="vit")
