"""The commands that measure the spectral method: that they run, that ours agrees with scipy, and the picture."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from ike_ray.config import SpectralRunConfig
from ike_ray.corpus.spectral import SPECTRAL
from ike_ray.datasets.synthetic import draw_clip
from ike_ray.run.description import create_run
from ike_ray.run.rows import build_outcome_row
from ike_ray.settings import read_settings_of
from ike_ray.video.manifest import list_images_and_videos
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
        "benchmarks.spectral", *(str(folder / name) for name in ("images", "masks")),
        "--affinities", "gaussian", "--picture", str(picture),
    )  # fmt: skip
    assert re.search(r"gaussian( +[\d.]+ \+-[\d.]+ ?){5} +[\d.]+$", output, re.MULTILINE), output
    assert cv2.imread(str(picture)).shape == (2 * 120, 7 * 160, 3)


def test_confidence_beside_other_guesses(tmp_path: Path) -> None:
    config = read_settings_of(SpectralRunConfig, "", [*SMALL, "output.soft_png=true"])
    (tmp_path / "masks").mkdir()
    for seed in range(3):
        image, mask = draw_photo(seed)
        write_photo(tmp_path / "images" / f"{seed}.png", image)
        cv2.imwrite(str(tmp_path / "masks" / f"{seed}.png"), np.roll(mask, 4 * seed, axis=1).astype("uint8") * 255)
    refs = list_images_and_videos(f"{tmp_path}/images")
    made = create_run(f"{tmp_path}/run", config, "images", refs)
    for ref, columns in zip(refs, SPECTRAL.build(run=made, config=config).load()(refs, lambda: None), strict=True):
        assert isinstance(columns, dict)
        row = build_outcome_row(ref, device="cpu", digest=made.digest, tries=1, losses=0, elapsed_s=1.0)
        made.write_outcome(row | columns)
    output = run("benchmarks.spectral_confidence", made.uri, f"{tmp_path}/masks")
    assert re.match(r"3 images, mean IoU 0\.[5-9]", output)
    assert re.search(r"^ +contrast +-?[01]\.\d{3}$", output, re.MULTILINE), output
