"""Groups of images as a plain function: images in, files and columns out."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from ike_ray.config import SpectralRunConfig
from ike_ray.corpus.spectral import SPECTRAL, read_background
from ike_ray.errors import ConfigError, IkeRayError
from ike_ray.masks.rle import read_rle
from ike_ray.metrics.jaccard import evaluate_jaccard
from ike_ray.records import VideoRef
from ike_ray.run.description import create_run
from ike_ray.run.folder import RunFolder
from ike_ray.run.rows import build_outcome_row
from ike_ray.run.tables import FRAME_SCHEMA, OUTCOME_SCHEMA
from ike_ray.settings import config_digest, read_settings_of
from ike_ray.video.manifest import list_images_and_videos
from ike_ray.video.write import write_video
from tests.drawn_images import SMALL, draw_photo, write_photo
from tests.torchvision_without_cuda import declare_operators


def read_config(*changes: str) -> SpectralRunConfig:
    return read_settings_of(SpectralRunConfig, "", [*SMALL, *changes])


def work(folder: Path, *changes: str) -> tuple[RunFolder, dict[str, Any]]:
    """The run, and the answer for each image or video of `folder`, all in one group."""
    config = read_config(*changes)
    refs = list_images_and_videos(f"{folder}/in")
    run = create_run(f"{folder}/{config.task}-{config_digest(config)}", config, f"{folder}/in", refs)
    lives: list[None] = []
    answers = SPECTRAL.build(run=run, config=config).load()(refs, lambda: lives.append(None))
    assert lives
    for ref, answer in zip(refs, answers, strict=True):
        if isinstance(answer, dict):
            row = build_outcome_row(ref, device="cpu", digest=run.digest, tries=1, losses=0, elapsed_s=1.0) | answer
            assert row.keys() == set(OUTCOME_SCHEMA.names)
            run.write_outcome(row)
    return run, {ref.video_id: answer for ref, answer in zip(refs, answers, strict=True)}


def score(row: dict[str, Any], truth: np.ndarray) -> float:
    return float(evaluate_jaccard(read_rle(row["mask"])[None], truth[None])[0])


@pytest.fixture
def photos(tmp_path: Path) -> dict[str, np.ndarray]:
    """Truths of three images, of which two have one size."""
    truths = {}
    for seed, size in enumerate([(60, 80), (60, 80), (72, 64)]):
        image, truths[f"{seed}.png"] = draw_photo(seed, *size)
        write_photo(tmp_path / "in" / f"{seed}.png", image)
    return truths


def test_masks(tmp_path: Path, photos: dict[str, np.ndarray]) -> None:
    run, answers = work(tmp_path, "output.masks_png=true", "output.soft_png=true")
    for name, truth in photos.items():
        assert answers[name]["status"] == "ok"
        assert (answers[name]["frames"], answers[name]["height"], answers[name]["width"]) == (1, *truth.shape)
        (row,) = run.read_frames(name)
        assert row.keys() == set(FRAME_SCHEMA.names)
        assert score(row, truth) > 0.9
        assert row["confidence"] == answers[name]["confidence"] > 0.5
        assert row["objects"] is None
        written = cv2.imread(run.file("masks", run.video_name(name), "00000.png"), cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(written > 0, read_rle(row["mask"]))
        soft = cv2.imread(run.file("soft", run.video_name(name), "00000.png"), cv2.IMREAD_UNCHANGED) / 65535
        assert ((soft > row["cut"]) == (written > 0)).mean() > 0.999  # of 16 bits
        assert cv2.imread(run.file("strips", f"{run.video_name(name)}.jpg")).shape[0] == 180
        assert cv2.imread(run.file("layers", f"{run.video_name(name)}.jpg")).shape[0] == 5 * 180
    assert answers["0.png"]["seconds_features"] > 0
    assert answers["0.png"]["seconds_features"] == answers["1.png"]["seconds_features"]  # shares of one batch


def test_a_group_changes_no_mask(tmp_path: Path, photos: dict[str, np.ndarray]) -> None:
    run, _ = work(tmp_path)
    alone = create_run(f"{tmp_path}/alone", read_config(), "in", [])
    process = SPECTRAL.build(run=alone, config=read_config()).load()
    for ref in list_images_and_videos(f"{tmp_path}/in"):
        process([ref], lambda: None)
        assert alone.read_frames(ref.video_id) == run.read_frames(ref.video_id)


def test_boxes(tmp_path: Path, photos: dict[str, np.ndarray]) -> None:
    run, _ = work(tmp_path, "task=localize")
    for name, truth in photos.items():
        (row,) = run.read_frames(name)
        rows, columns = np.nonzero(truth)
        np.testing.assert_allclose(row["box"], [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], atol=4)


def test_regions(tmp_path: Path, photos: dict[str, np.ndarray]) -> None:
    run, _ = work(tmp_path, "task=regions", "regions.num_regions=3")
    for name, truth in photos.items():
        (row,) = run.read_frames(name)
        masks = {entry["number"]: read_rle(entry["mask"]) for entry in row["objects"]}
        assert sorted(masks) == [1, 2]
        assert not (masks[1] & masks[2]).any()  # background has no number, and no pixel two
        np.testing.assert_array_equal(masks[1] | masks[2], read_rle(row["mask"]))
        assert max(float(evaluate_jaccard(mask[None], truth[None])[0]) for mask in masks.values()) > 0.8


def test_mattes_cut_outs_and_composites(tmp_path: Path, photos: dict[str, np.ndarray]) -> None:
    run, _ = work(tmp_path, "task=matte", "output.composite='#0000ff'")
    for name, truth in photos.items():
        cutout = cv2.imread(run.file("cutouts", f"{run.video_name(name)}.png"), cv2.IMREAD_UNCHANGED)
        assert cutout.shape == (*truth.shape, 4)
        assert ((cutout[..., 3] > 127) == truth).mean() > 0.97
        (row,) = run.read_frames(name)
        np.testing.assert_array_equal(read_rle(row["mask"]), cutout[..., 3] > 127)
        composite = cv2.imread(run.file("composites", f"{run.video_name(name)}.jpg"))
        assert composite.shape == (*truth.shape, 3)
        assert composite[0, 0, 0] > 230  # blue
        assert composite[0, 0, 2] < 60
    write_photo(tmp_path / "behind.png", np.full((5, 9, 3), (0, 200, 0), np.uint8))
    assert read_background(f"{tmp_path}/behind.png").shape == (5, 9, 3)  # type: ignore[union-attr]
    for wrong in ("#12345", f"{tmp_path}/nothing.png"):
        with pytest.raises(ConfigError, match=r"cannot use output\.composite: expected a colour such as #00b140"):
            read_background(wrong)


def test_odd_images_are_one_row_each(tmp_path: Path) -> None:
    """A broken image, a huge one, one pixel, one colour, grey, see-through, with a palette, very wide."""
    folder = tmp_path / "in"
    image, truth = draw_photo(0)
    write_photo(folder / "good.png", image)
    (folder / "broken.jpg").write_text("no image")
    write_photo(folder / "huge.png", np.zeros((300, 300, 3), np.uint8))
    write_photo(folder / "one.png", image[:1, :1])
    write_photo(folder / "flat.png", np.full_like(image, 90))
    write_photo(folder / "wide.png", image[30:32])
    Image.fromarray(image).convert("L").save(folder / "grey.png")
    Image.fromarray(image).quantize(16).save(folder / "palette.png")
    Image.fromarray(np.dstack([image, np.where(truth, 255, 200).astype(np.uint8)])).save(folder / "alpha.png")
    for task in ("segment", "localize", "regions", "matte"):
        run, answers = work(tmp_path, f"task={task}", "video.max_image_px=50000")
        kinds = {name: type(answer).__name__ for name, answer in answers.items() if isinstance(answer, IkeRayError)}
        assert kinds == {"broken.jpg": "InputError", "huge.png": "ExcludedError"}
        for name in ("one.png", "flat.png"):
            (row,) = run.read_frames(name)
            assert (row["area_fraction"], row["box"], row["confidence"]) == (0, None, 0)
        if task == "segment":
            for name in ("palette.png", "alpha.png"):
                assert score(run.read_frames(name)[0], truth) > 0.9


def test_videos_and_folders_of_frames_beside_images(tmp_path: Path) -> None:
    image, truth = draw_photo(0)
    write_photo(tmp_path / "in" / "a.png", image)
    write_video(f"{tmp_path}/in/clip.mp4", [image] * 7, 10.0)
    for number in range(3):
        write_photo(tmp_path / "frames" / f"{number}.png", image)
    config = read_config("video.start_frame=1", "video.stride=2", "features.batch_size=2", "task=matte")
    refs = [*list_images_and_videos(f"{tmp_path}/in"), VideoRef(video_id="folder", uri=f"{tmp_path}/frames")]
    run = create_run(f"{tmp_path}/run", config, "in", refs)
    answers = dict(
        zip([ref.video_id for ref in refs], SPECTRAL.build(run=run, config=config).load()(refs, lambda: None), strict=True)
    )
    indices = {name: [row["frame_index"] for row in run.read_frames(name)] for name in answers}
    assert indices == {"a.png": [0], "clip.mp4": [1, 3, 5], "folder": [1]}
    assert all(score(row, truth) > 0.85 for name in answers for row in run.read_frames(name))
    clip = answers["clip.mp4"]
    assert isinstance(clip, dict)
    assert (clip["frames"], clip["fps"], clip["tiles"]) == (3, 10.0, [1, 3, 5])
    assert sorted(path.name for path in Path(run.file("cutouts", run.video_name("clip.mp4"))).iterdir()) == [
        f"{number:05d}.png" for number in (1, 3, 5)
    ]
    config = read_config("video.start_frame=9")
    (answer,) = SPECTRAL.build(run=run, config=config).load()([refs[1]], lambda: None)
    assert "expected frames in the range 9 to the end, found none" in str(answer)


def test_a_vision_transformer_goes_through_the_whole_job(tmp_path: Path, photos: dict[str, np.ndarray]) -> None:
    """Tiny and with weights drawn here, saved and loaded as transformers does."""
    transformers = pytest.importorskip("transformers", exc_type=ImportError)
    torch.manual_seed(0)
    settings = transformers.ViTConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48, image_size=48, patch_size=8
    )
    transformers.ViTModel(settings).save_pretrained(tmp_path / "model")
    changes = ("features.source=vit", f"features.model={tmp_path}/model", "features.image_area_px=6400")
    run, answers = work(tmp_path, *changes)
    assert [answer["status"] for answer in answers.values()] == ["ok"] * 3
    assert all(0 <= run.read_frames(name)[0]["confidence"] <= 1 for name in answers)
    with pytest.raises(ConfigError, match=r"cannot load features\.model"):
        SPECTRAL.build(run=run, config=read_config("features.source=vit", f"features.model={tmp_path}/no")).load()


def test_a_group_has_as_many_images_as_the_settings_say(tmp_path: Path) -> None:
    config = read_config("workers.images_at_once=7")
    job = SPECTRAL.build(run=create_run(f"{tmp_path}/r", config, "x", []), config=config)
    refs = [VideoRef(video_id=str(number), uri="") for number in range(100)]
    assert [len(group) for group in job.list_groups(refs, num_workers=1)][:2] == [7, 7]
    assert len(job.list_groups(refs, num_workers=20)[0]) == 2  # so that all workers have something to do


def test_a_profile_shares_what_a_group_took(tmp_path: Path, photos: dict[str, np.ndarray]) -> None:
    _, answers = work(tmp_path, "output.profile=true")
    for answer in answers.values():
        assert [entry["stage"] for entry in answer["profile"]] == ["read", "features", "refine", "write"]


declare_operators()
