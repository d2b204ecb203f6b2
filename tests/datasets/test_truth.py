import cv2
import numpy as np
import pytest

from ike_ray.datasets.truth import read_codes, read_grey
from ike_ray.errors import InputError


def encode(image: np.ndarray, ending: str = ".png") -> bytes:
    return cv2.imencode(ending, image)[1].tobytes()


def test_grey_is_the_brightest_channel_without_opacity() -> None:
    image = np.array([[[10, 200, 3, 255], [0, 0, 0, 255]]], np.uint8)
    np.testing.assert_array_equal(read_grey(encode(image), "x"), [[200, 0]])
    np.testing.assert_array_equal(read_grey(encode(image[..., 0]), "x"), [[10, 0]])


def test_codes_are_red_green_blue() -> None:
    bgr = np.array([[[3, 2, 1], [255, 255, 255]]], np.uint8)
    expected = [[1 * 65536 + 2 * 256 + 3, 16777215]]
    np.testing.assert_array_equal(read_codes(encode(bgr, ".ppm"), "x"), expected)
    np.testing.assert_array_equal(read_codes(encode(bgr[..., 0], ".pgm"), "x"), [[3, 255]])


@pytest.mark.parametrize("read", [read_grey, read_codes])
@pytest.mark.parametrize("data", [b"", b"no image", encode(np.zeros((9, 9), np.uint8))[:-30]])
def test_other_bytes_are_told(read, data: bytes) -> None:
    with pytest.raises(InputError, match=r"cannot read mask\.png: expected an image"):
        read(data, "mask.png")


def test_other_images_are_told() -> None:
    with pytest.raises(InputError, match="expected 8 bits in each channel, found uint16"):
        read_grey(encode(np.zeros((2, 2), np.uint16)), "x")
