import numpy as np
import pytest

from ike_ray.config import SamplesConfig, StudentConfig
from ike_ray.errors import InputError
from ike_ray.masks.rle import build_rle
from ike_ray.storage.files import remove_files
from ike_ray.student.samples import IGNORED, build_labels, choose_frames, choose_rows, read_samples, resize_labels
from tests.drawn_run import HEIGHT, WIDTH, DrawnRun

STUDENT = StudentConfig(area_px=HEIGHT * WIDTH)


def test_samples_are_frames_with_their_masks(drawn_run: DrawnRun) -> None:
    video = drawn_run.video("sub/cat.mp4")
    samples = list(read_samples(video, STUDENT, SamplesConfig()))
    assert [sample.image.shape for sample in samples] == [(HEIGHT, WIDTH, 3)] * 3
    np.testing.assert_array_equal([sample.labels for sample in samples], drawn_run.masks["sub/cat.mp4"])
    assert [sample.weight for sample in samples] == [1.0] * 3


def test_confidence_leaves_frames_out_or_weighs_them(drawn_run: DrawnRun) -> None:
    """A drawn row's confidence is 0.5 and a tenth of its frame index, here 1, 3 and 5."""
    video = drawn_run.video("sub/cat.mp4")
    kept = list(read_samples(video, STUDENT, SamplesConfig(min_confidence=0.7, weighting="confidence")))
    assert [sample.weight for sample in kept] == pytest.approx([0.8, 1.0])


def test_some_frames_of_a_video(drawn_run: DrawnRun) -> None:
    rows = [{"frame_index": index} for index in range(10)]
    chosen = [[row["frame_index"] for row in choose_rows(rows, 4, phase)] for phase in range(4)]
    assert chosen == [[0, 3, 6, 9], [1, 4, 7], [2, 5, 8], [0, 3, 6, 9]]
    bear = drawn_run.video("bear")
    samples = list(read_samples(choose_frames(bear, 2, 1), STUDENT, SamplesConfig()))
    np.testing.assert_array_equal([sample.labels for sample in samples], drawn_run.masks["bear"][[1, 3]])


def test_a_video_that_is_gone(drawn_run: DrawnRun) -> None:
    remove_files([drawn_run.video("dog.mp4").uri])
    with pytest.raises(InputError, match="has gone"):
        list(read_samples(drawn_run.video("dog.mp4"), STUDENT, SamplesConfig()))


def test_labels_of_classes() -> None:
    """Each object has its label; one without, and one beyond the classes, is ignored."""
    masks = [np.zeros((4, 8), bool) for _ in range(4)]
    for column, mask in enumerate(masks):
        mask[:, 2 * column : 2 * column + 2] = True
    labels = (2, None, 7, 0)
    objects = [{"mask": build_rle(mask), "label": label} for mask, label in zip(masks, labels, strict=True)]
    row = {"mask": build_rle(np.ones((4, 8), bool)), "objects": objects}
    assert build_labels(row, 3)[0].tolist() == [2, 2, IGNORED, IGNORED, IGNORED, IGNORED, 0, 0]
    assert build_labels(row, 1).all()
    assert not build_labels(row | {"objects": None}, 3).any()


def test_a_small_pixel_has_the_class_that_covers_most_of_it() -> None:
    labels = np.zeros((6, 6), np.uint8)
    labels[:3, :2], labels[:3, 2:3] = 3, IGNORED
    assert resize_labels(labels, 2, 2).tolist() == [[3, 0], [0, 0]]
    assert resize_labels(np.full((6, 6), 2, np.uint8), 2, 2).tolist() == [[2, 2], [2, 2]]
