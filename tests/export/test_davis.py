"""Trees are read back as the evaluations of DAVIS read them: pixels as Pillow and OpenCV give them, names as frames have."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from ike_ray.export.davis import write_davis2016, write_davis2017
from ike_ray.masks.rle import build_rle
from tests.drawn_run import HEIGHT, WIDTH, DrawnRun


def read_sequence(folder: Path) -> np.ndarray:
    """All masks of a sequence as palette indices, as the evaluation of DAVIS-2017 takes them."""
    images = [Image.open(path) for path in sorted(folder.iterdir(), key=lambda path: (len(path.name), path.name))]
    assert {image.mode for image in images} == {"P"}
    return np.stack([np.array(image) for image in images])


def test_a_sequence_of_2017_is_palette_indices(drawn_run: DrawnRun, tmp_path: Path) -> None:
    assert write_davis2017(drawn_run.video("bear"), f"{tmp_path}/out") is None
    np.testing.assert_array_equal(read_sequence(tmp_path / "out" / "bear"), drawn_run.masks["bear"])
    write_davis2017(drawn_run.video("sub/cat.mp4"), f"{tmp_path}/out")
    np.testing.assert_array_equal(read_sequence(tmp_path / "out" / "cat"), drawn_run.objects["sub/cat.mp4"])
    palette = Image.open(tmp_path / "out" / "cat" / "00001.png").getpalette()
    assert palette[:12] == [0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0]


def test_at_most_twenty_objects_with_numbers_without_gaps(drawn_run: DrawnRun, tmp_path: Path) -> None:
    """25 stripes, each one column wide and numbered 10, 20, ..., 250; the first five are shortened, so they go."""
    video = drawn_run.video("dog.mp4")
    entries = []
    for position in range(25):
        mask = np.zeros((HEIGHT, WIDTH), bool)
        mask[: HEIGHT // 2 if position < 5 else HEIGHT, 2 * position] = True
        number, area = 10 * (position + 1), float(mask.mean())
        entries.append({"number": number, "mask": build_rle(mask), "box": [0, 0, 1, 1], "area_fraction": area})
    crowd = replace(video, rows=(dict(video.rows[0]) | {"objects": entries},))
    note = write_davis2017(crowd, f"{tmp_path}/out")
    assert note == "25 objects, of which the 20 largest were taken"
    found = read_sequence(tmp_path / "out" / "dog")[0]
    np.testing.assert_array_equal(found[0, :50:2], [0] * 5 + list(range(1, 21)))


def test_a_sequence_of_2016_is_black_and_white(drawn_run: DrawnRun, tmp_path: Path) -> None:
    write_davis2016(drawn_run.video("sub/cat.mp4"), f"{tmp_path}/out")
    for index, mask in zip((1, 3, 5), drawn_run.masks["sub/cat.mp4"], strict=True):
        image = cv2.imread(f"{tmp_path}/out/cat/{index:05d}.png", cv2.IMREAD_UNCHANGED)
        assert image.ndim == 2
        np.testing.assert_array_equal(image, np.where(mask, 255, 0))


def test_frames_without_a_mask_are_told(drawn_run: DrawnRun, tmp_path: Path) -> None:
    video = drawn_run.video("bear")
    part = replace(video, rows=video.rows[:3])
    for write in (write_davis2016, write_davis2017):
        note = write(part, f"{tmp_path}/{write.__name__}")
        assert note == "3 of 4 frames have a mask, and the evaluation looks at all: segment without a range"
