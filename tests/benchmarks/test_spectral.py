"""The commands that measure the spectral method: that they run, that ours agrees with scipy, and the picture."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from ike_ray.datasets.synthetic import draw_clip
from tests.benchmarks.test_speed import run
from tests.drawn_images import SMALL, draw_photo, write_photo


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("images", "masks"):
        (tmp_path / name).mkdir()
    for seed in range(2):
        clip = draw_clip(seed, num_frames=2, height=90, width=120)
        cv2.imwrite(str(tmp_path / "images" / f"{seed}.jpg"), clip.frames[0][..., ::-1])
        cv2.imwrite(str(tmp_path / "masks" / f"{seed}.png"), clip.masks[0].astype("uint8") * 255)
    return tmp_path


def test_the_eigensolver_beside_scipys(folder: Path) -> None:
    output = run("benchmarks.spectral", str(folder / "images"), "--num", "1", "--repeats", "1", "--vectors", "5")
    rows = [line.split() for line in output.splitlines() if re.match(r"^ +5 ", line)]
    assert [row[1] for row in rows] == ["1e-03", "1e-04"]
    for row in rows:
        assert float(row[6]) < 1e-3  # the largest difference of the values
        assert float(row[8]) > 0.99  # the smallest cosine of a vector with the space of scipy's
    assert re.search(r"eigenproblem +[\d.]+ ms +[\d.]+%", output)


def test_masks_without_weights_and_their_picture(folder: Path) -> None:
    picture = folder / "picture.png"
    output = run(
        "benchmarks.saliency", *(str(folder / name) for name in ("images", "masks")), "--eigenvectors",
        *(f"--set={change}" for change in SMALL), "--picture", str(picture),
    )  # fmt: skip
    for step in ("background", "ranking", "both", "learned", "run"):
        assert re.search(
            rf"^ *{step}  0\.\d+ / 0\.\d+( +0\.\d+ \[0\.\d+ [01]\.\d+\]){{2}} \(.*\)  0\.\d+$", output, re.MULTILINE
        ), output
    found = dict(re.findall(r"^ *(best cut|best side|best mix|v_1) +([\d.]+)", output, re.MULTILINE))
    assert float(found["best side"]) >= float(found["v_1"])
    assert cv2.imread(str(picture)).shape == (2 * 120, 4 * 160, 3)


def test_the_confidence_orders_images_that_are_found_and_one_that_is_not(tmp_path: Path) -> None:
    for seed in range(4):
        image, mask = draw_photo(seed)
        write_photo(tmp_path / "images" / f"{seed}.png", image)
        (tmp_path / "masks").mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / "masks" / f"{seed}.png"), np.roll(mask, 4 * seed, axis=1).astype("uint8") * 255)
    output = run("benchmarks.saliency", f"{tmp_path}/images", f"{tmp_path}/masks")
    assert re.search(r"^4 images$", output, re.MULTILINE)
    assert re.search(r"^rank correlation of IoU and confidence: -?[01]\.\d{3}$", output, re.MULTILINE), output
