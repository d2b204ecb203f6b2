from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from ike_ray.export.png import write_png
from tests.drawn_run import DrawnRun


def test_one_object_is_white(drawn_run: DrawnRun, tmp_path: Path) -> None:
    write_png(drawn_run.video("bear"), f"{tmp_path}/out")
    names = [f"img_{index}.png" for index in (7, 8, 9, 10)]
    assert sorted(path.name for path in (tmp_path / "out" / "bear").iterdir()) == sorted(names)
    for name, mask in zip(names, drawn_run.masks["bear"], strict=True):
        image = cv2.imread(f"{tmp_path}/out/bear/{name}", cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(image, np.where(mask, 255, 0))


def test_one_object_stays_white_when_it_has_a_label(drawn_run: DrawnRun, tmp_path: Path) -> None:
    """`ike-ray semantics` gives a mask that is one object an entry with a label."""
    bear = drawn_run.video("bear")
    own = [{"number": 1, "mask": row["mask"], "box": row["box"], "area_fraction": 0.1, "label": 7} for row in bear.rows]
    labelled = replace(bear, rows=tuple(row | {"objects": [entry]} for row, entry in zip(bear.rows, own, strict=True)))
    write_png(labelled, f"{tmp_path}/labelled")
    write_png(bear, f"{tmp_path}/plain")
    for name in ("img_7.png", "img_10.png"):
        assert (tmp_path / "labelled" / "bear" / name).read_bytes() == (tmp_path / "plain" / "bear" / name).read_bytes()


def test_several_objects_are_their_numbers(drawn_run: DrawnRun, tmp_path: Path) -> None:
    write_png(drawn_run.video("sub/cat.mp4"), f"{tmp_path}/out")
    for index, numbers in zip((1, 3, 5), drawn_run.objects["sub/cat.mp4"], strict=True):
        image = cv2.imread(f"{tmp_path}/out/sub/cat.mp4/{index:05d}.png", cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(image, numbers)
