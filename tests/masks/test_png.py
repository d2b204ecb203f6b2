from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image

from ike_ray.errors import InputError
from ike_ray.masks.png import (
    build_mask_png,
    build_objects_png,
    build_palette_png,
    build_soft_png,
    read_mask_png,
    read_numbers_png,
    read_soft_png,
)


def test_masks_survive(rng: np.random.Generator) -> None:
    mask = rng.random((5, 8)) < 0.5
    np.testing.assert_array_equal(read_mask_png(build_mask_png(mask), "x"), mask)


def test_soft_masks_keep_16_bits(rng: np.random.Generator) -> None:
    soft = rng.random((5, 8), np.float32)
    read = cv2.imdecode(np.frombuffer(build_soft_png(soft), np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_allclose(read / 65535, soft, atol=1e-5)


def test_numbers_are_kept_under_a_palette(rng: np.random.Generator) -> None:
    numbers = rng.integers(0, 256, (5, 8), np.uint8)
    image = Image.open(BytesIO(build_palette_png(numbers)))
    assert image.mode == "P"
    np.testing.assert_array_equal(np.array(image), numbers)
    colours = np.reshape(image.getpalette(), (-1, 3))
    assert [tuple(int(value) for value in colours[number]) for number in (0, 1, 2, 3, 8, 255)] == [
        *((0, 0, 0), (128, 0, 0), (0, 128, 0), (128, 128, 0), (64, 0, 0), (224, 224, 192))
    ]
    np.testing.assert_array_equal(read_mask_png(build_palette_png(numbers), "x"), numbers > 0)


def test_any_colour_is_object_and_opacity_is_not() -> None:
    image = np.zeros((2, 2, 4), np.uint8)
    image[..., 3] = 255
    image[0, 1, 0] = 128
    data = cv2.imencode(".png", image)[1].tobytes()
    np.testing.assert_array_equal(read_mask_png(data, "x"), [[False, True], [False, False]])


@pytest.mark.parametrize("data", [b"", b"no image"])
def test_other_bytes_are_told(data: bytes) -> None:
    with pytest.raises(InputError, match=r"cannot read mask\.png"):
        read_mask_png(data, "mask.png")


def test_soft_masks_survive(rng: np.random.Generator) -> None:
    soft = rng.random((5, 8), np.float32)
    np.testing.assert_allclose(read_soft_png(build_soft_png(soft), "x"), soft, atol=1e-5)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_soft_maps_of_8_bits_by_hand(channels: int) -> None:
    image = np.zeros((2, 2, channels), np.uint8)
    image[0, 1, min(1, channels - 1)] = 51
    image[1, 1, 0] = 255
    if channels == 4:
        image[..., 3] = 200
    data = cv2.imencode(".png", image)[1].tobytes()
    np.testing.assert_allclose(read_soft_png(data, "x"), [[0, 0.2], [0, 1]])


def test_numbers_are_those_that_are_stored() -> None:
    numbers = np.array([[0, 1, 7], [2, 2, 255]], np.uint8)
    np.testing.assert_array_equal(read_numbers_png(build_objects_png(numbers), "x"), numbers)
    picture, stream = Image.fromarray(numbers, mode="P"), BytesIO()
    picture.putpalette([200, 10, 90] * 256)  # all colours alike: only the stored numbers differ
    picture.save(stream, "PNG")
    np.testing.assert_array_equal(read_numbers_png(stream.getvalue(), "x"), numbers)


def test_numbers_in_colour_or_none_are_told() -> None:
    colour = cv2.imencode(".png", np.zeros((2, 2, 3), np.uint8))[1].tobytes()
    with pytest.raises(InputError, match=r"cannot use a\.png: expected a PNG with a palette.*found mode RGB"):
        read_numbers_png(colour, "a.png")
    for data in (b"", b"no image", colour[:40]):
        with pytest.raises(InputError, match=r"cannot read a\.png"):
            read_numbers_png(data, "a.png")
