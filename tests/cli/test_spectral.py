"""`ike-ray spectral` in this process: from images to scores, a page, and files for other tools."""

import json
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

import ike_ray
from ike_ray.cli.app import main
from ike_ray.cli.spectral import describe_method
from ike_ray.config import FeaturesConfig, MaskConfig, SpectralRunConfig
from ike_ray.masks.rle import read_rle
from ike_ray.run.description import read_job
from tests.drawn_images import SMALL, draw_photo, write_duts, write_voc

SETTINGS = [word for setting in (*SMALL, "workers.num_workers=1", "workers.images_at_once=2") for word in ("--set", setting)]
pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("local_ray")]


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    return int(caught.value.code or 0)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (SpectralRunConfig(task="segment"), "stands out"),
        (SpectralRunConfig(task="regions"), "normalised cuts"),
        (SpectralRunConfig(task="segment", mask=MaskConfig(object="eigenvector")), "normalised cuts"),
        (SpectralRunConfig(features=FeaturesConfig(source="vit", model="OWNER/MODEL")), "OWNER/MODEL"),
    ],
)
def test_it_says_what_tells_the_object(config: SpectralRunConfig, said: str) -> None:
    texts = ("stands out", "normalised cuts", "OWNER/MODEL")
    assert [text for text in texts if text in describe_method(config)] == [said]


def test_from_images_to_scores_and_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_duts(tmp_path, 3)
    manifest, out = tmp_path / "m.csv", tmp_path / "run"
    assert run("datasets", "duts", "--root", tmp_path, "--split", "TE", "--manifest", manifest) == 0
    assert f"ike-ray spectral {manifest}" in capsys.readouterr().out
    manifest.write_text(manifest.read_text() + f"broken,{tmp_path}/broken.jpg\n")
    (tmp_path / "broken.jpg").write_text("no image")
    assert run("spectral", manifest, "--out", out, "--task", "segment", *SETTINGS) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "the object is what stands out" in said
    assert "pip install 'ike_ray[vit]'" in said
    assert f"Masks are in {out}" in said
    assert read_job(str(out)) == "spectral"
    assert run("spectral", manifest, "--out", out, "--task", "segment", *SETTINGS) == 0
    assert "4 of 4 images are done already" in capsys.readouterr().out
    assert run("status", out) == 0
    assert "4 images asked, 4 done, 0 remaining" in capsys.readouterr().out
    assert sorted(pd.read_parquet(out / "outcomes")["status"]) == ["failed", "ok", "ok", "ok"]
    assert run("evaluate", out, "--dataset", "duts", "--root", tmp_path, "--split", "TE") == 0
    averages = json.loads((out / "summary.json").read_text())["averages"]
    assert {entry["metric"]: entry["value"] > 0.9 for entry in averages} == dict.fromkeys(("iou", "accuracy", "f_beta"), True)
    assert run("report", out) == 0
    assert '"layers":["image","eigenvector 1"' in (out / "report.html").read_text()
    assert len(list((out / "truth").iterdir())) == 3
    check_files(tmp_path, out)
    assert run("spectral", manifest, "--out", out, "--task", "regions", *SETTINGS) == 2
    assert "task: 'segment' -> 'regions'" in capsys.readouterr().err


def check_files(tmp_path: Path, out: Path) -> None:
    """Masks as other tools take them, and in Python."""
    truth = draw_photo(0)[1]
    for to, target in (("coco", "coco.json"), ("png", "png"), ("cutout", "cut"), ("davis", "davis"), ("cvat", "cvat")):
        assert run("export", out, "--to", to, "--out", tmp_path / target) == 0
    coco = json.loads((tmp_path / "coco.json").read_text())
    assert sorted(image["file_name"] for image in coco["images"]) == ["im0.jpg", "im1.jpg", "im2.jpg"]
    assert len(coco["annotations"]) == 3
    mask = cv2.imread(str(tmp_path / "png" / "im0.png"), cv2.IMREAD_UNCHANGED)
    cutout = cv2.imread(str(tmp_path / "cut" / "im0.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(mask, cutout[..., 3])
    assert ((mask > 0) == truth).mean() > 0.98
    results = ike_ray.load(str(out))
    assert results.videos == ["im0", "im1", "im2"]
    np.testing.assert_array_equal(next(results.read_masks("im0")), mask > 0)
    assert next(results.read_pictures("im0")).shape == (60, 80, 3)
    assert len(results.frames.to_table()) == 3


def test_boxes_are_scored(tmp_path: Path) -> None:
    write_voc(tmp_path, 2)
    manifest, out = tmp_path / "m.csv", tmp_path / "run"
    assert run("datasets", "voc2007", "--root", tmp_path, "--manifest", manifest) == 0
    assert run("spectral", manifest, "--out", out, "--task", "localize", *SETTINGS) == 0
    assert run("evaluate", out, "--dataset", "voc2007", "--root", tmp_path) == 0
    averages = json.loads((out / "summary.json").read_text())["averages"]
    assert averages[0]["metric"] == "corloc"
    assert averages[0]["value"] == 1


def test_a_folder_of_regions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_duts(tmp_path, 2)
    folder, out = tmp_path / "DUTS-TE" / "DUTS-TE-Image", tmp_path / "run"
    assert run("spectral", folder, "--out", out, "--task", "regions", "--set", "regions.num_regions=2", *SETTINGS) == 0
    frames = pd.read_parquet(out / "frames")
    assert sorted(frames["video_id"]) == ["im0.jpg", "im1.jpg"]
    for objects in frames["objects"]:
        assert [entry["number"] for entry in objects] == [1]
        assert read_rle(objects[0]["mask"]).any()
    assert run("report", out, "--out", tmp_path / "page.html") == 0
    assert run("evaluate", out, "--dataset", "duts", "--root", tmp_path, "--split", "TE") == 0  # im0.jpg is the image im0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["/missing"], 2, "there is nothing at /missing: expected an image, a video, a folder of images"),
        (["/missing", "--task", "guess"], 2, "task: Input should be 'localize', 'segment', 'regions' or 'matte'"),
        (["IMAGE", "--set", "output.composite=/no.png"], 2, "cannot use output.composite: expected a colour such as #00b140"),
        (["IMAGE", "--set", "features.source=vit"], 2, "source vit needs `model`"),
    ],
)
def test_errors_are_sentences(
    arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    write_duts(tmp_path, 1)
    image = f"{tmp_path}/DUTS-TE/DUTS-TE-Image/im0.jpg"
    words = [image if argument == "IMAGE" else argument for argument in arguments]
    assert run("spectral", *words, "--out", tmp_path / "run") == code
    assert message in " ".join(capsys.readouterr().err.split())
