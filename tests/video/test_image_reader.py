"""Still images as people have them: turned, see-through, grey, broken, far too large."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms
from skimage.color import lab2rgb

from ike_ray.config import VideoConfig
from ike_ray.errors import ExcludedError, InputError
from ike_ray.video.image_reader import ImageReader
from ike_ray.video.open import open_video

SMALL = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3) * 3


# What Pillow writes without changing it.
WRITTEN = {
    "png": "RGB L 1 P LA RGBA I;16",
    "tif": "RGB L 1 P LA RGBA CMYK YCbCr LAB I;16",
    "jpg": "RGB L 1 CMYK YCbCr",
    "bmp": "RGB L 1 P RGBA",
    "webp": "RGB L 1 LA RGBA CMYK YCbCr LAB",
    "ppm": "RGB L 1 RGBA I;16",
}


def read(path: Path, **settings: int) -> np.ndarray:
    with open_video(str(path), VideoConfig(**settings)) as reader:
        assert isinstance(reader, ImageReader)
        (frame,) = list(reader)
    assert frame.index == 0
    assert np.isnan(frame.timestamp_s)
    return frame.image


@pytest.mark.parametrize("suffix", ["png", "BMP", "ppm", "tif", "webp"])
def test_an_image_is_a_video_of_one_frame(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    options = {"lossless": True} if suffix == "webp" else {}
    Image.fromarray(SMALL).save(path, **options)
    np.testing.assert_array_equal(read(path), SMALL)
    np.testing.assert_array_equal(read(path, start_frame=7), SMALL)  # a range of frames is for videos


def test_it_is_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held with its right side down
    flat = np.repeat(np.uint8([[[250, 0, 0]], [[0, 0, 250]]]), 16, axis=0).repeat(32, axis=1)
    Image.fromarray(flat).save(tmp_path / "a.jpg", exif=exif, quality=95)
    image = read(tmp_path / "a.jpg")
    assert image.shape == (32, 32, 3)
    assert image[16, 30, 0] > 200 > image[16, 1, 0]  # what was above is at the right


def test_modes_of_png(tmp_path: Path) -> None:
    grey = SMALL[..., 0]
    Image.fromarray(grey).save(tmp_path / "grey.png")
    np.testing.assert_array_equal(read(tmp_path / "grey.png"), np.repeat(grey[..., None], 3, axis=2))
    cv2.imwrite(str(tmp_path / "deep.png"), grey.astype(np.uint16) * 256)
    np.testing.assert_array_equal(read(tmp_path / "deep.png")[..., 0], grey)
    palette = Image.fromarray(np.uint8([[0, 1], [1, 0]]))
    palette.putpalette([10, 20, 30, 200, 100, 50])
    palette.save(tmp_path / "palette.png")
    assert read(tmp_path / "palette.png")[0].tolist() == [[10, 20, 30], [200, 100, 50]]
    clear = np.dstack([SMALL, np.full((4, 6), 255, np.uint8)])
    clear[0, 0] = (0, 0, 0, 0)
    Image.fromarray(clear).save(tmp_path / "alpha.png")
    image = read(tmp_path / "alpha.png")
    assert image[0, 0].tolist() == [255, 255, 255]
    np.testing.assert_array_equal(image[1:], SMALL[1:])


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "jpeg"])
def test_lab_is_shown_in_its_colours(tmp_path: Path, compression: str | None) -> None:
    """Against scikit-image's formula, in which white is the screen's: a profile turns the white of paper into that."""
    lab = np.zeros((16, 48, 3), np.uint8)  # L* of 255 / 100 each, a* and b* as signed bytes
    lab[:, :16], lab[:, 16:32], lab[:, 32:] = (150, 20, 30), (90, -15 % 256, -25 % 256), (200, 0, 0)
    Image.fromarray(lab, "LAB").save(tmp_path / "a.tif", compression=compression)
    expected = lab2rgb(np.float64([[[150 / 2.55, 20, 30], [90 / 2.55, -15, -25], [200 / 2.55, 0, 0]]]))
    found = read(tmp_path / "a.tif")[8, [8, 24, 40]]
    np.testing.assert_allclose(found, 255 * expected[0], atol=20 if compression == "jpeg" else 9)
    assert np.abs(found[2] - found[2].mean()).max() < 2  # grey is grey
    profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    photo = cv2.resize(np.random.default_rng(0).integers(0, 255, (4, 6, 3), np.uint8), (60, 40))
    image = ImageCms.profileToProfile(Image.fromarray(photo), *profiles, outputMode="LAB")
    image.save(tmp_path / "b.tif", compression=compression)
    assert np.abs(read(tmp_path / "b.tif").astype(int) - photo).mean() < (12 if compression == "jpeg" else 2)


@pytest.mark.parametrize(("suffix", "mode"), [(suffix, mode) for suffix, modes in WRITTEN.items() for mode in modes.split()])
def test_every_mode_of_every_format_has_its_colours(mode: str, suffix: str, tmp_path: Path) -> None:
    photo = Image.fromarray(cv2.resize(np.random.default_rng(0).integers(0, 255, (4, 6, 3), np.uint8), (60, 40)))
    if mode == "LAB":
        profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        image, expected = ImageCms.profileToProfile(photo, *profiles, outputMode="LAB"), photo
    elif mode == "I;16":
        expected = photo.convert("L")
        image = Image.fromarray(np.asarray(expected).astype(np.uint16) * 256)
    else:
        image, expected = photo.convert(mode), photo.convert(mode).convert("RGB")
    image.save(tmp_path / f"a.{suffix}", **({"quality": 95} if suffix in ("jpg", "webp") else {}))
    difference = read(tmp_path / f"a.{suffix}").astype(int) - np.asarray(expected.convert("RGB"))
    assert np.abs(difference).mean() < 3


def test_what_a_format_of_another_name_would_do_is_not_done(tmp_path: Path) -> None:
    """PostScript would be run by Ghostscript, and a map of floats is no picture."""
    (tmp_path / "a.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n(/etc/hostname) (r) file\n%%EOF\n")
    with pytest.raises(InputError, match=r"a\.png: expected an image, found \d+ other or broken bytes"):
        read(tmp_path / "a.png")
    Image.fromarray(np.ones((4, 6), np.float32)).save(tmp_path / "b.pfm")
    (tmp_path / "b.ppm").write_bytes((tmp_path / "b.pfm").read_bytes())
    with pytest.raises(InputError, match=r"b\.ppm: expected an image"):
        read(tmp_path / "b.ppm")
    Image.fromarray(SMALL).save(tmp_path / "c.webp", lossless=True)
    (tmp_path / "c.jpg").write_bytes((tmp_path / "c.webp").read_bytes())  # people do that
    np.testing.assert_array_equal(read(tmp_path / "c.jpg"), SMALL)


def test_broken_images_are_told(tmp_path: Path) -> None:
    Image.fromarray(SMALL).save(tmp_path / "whole.png")
    whole = (tmp_path / "whole.png").read_bytes()
    Image.fromarray(SMALL).resize((300, 200)).save(tmp_path / "photo.jpg")
    photo = (tmp_path / "photo.jpg").read_bytes()
    photo = photo[: len(photo) // 2]
    for name, data in (("text", b"no image"), ("empty", b""), ("cut", whole[:60]), ("half", photo)):
        (tmp_path / f"{name}.png").write_bytes(data)
        with pytest.raises(InputError, match=rf"cannot read .*{name}\.png: expected an image, found .*Remove or replace it"):
            read(tmp_path / f"{name}.png")
    with pytest.raises(InputError, match="expected a file, found nothing"):
        read(tmp_path / "missing.jpg")


def write_bomb(path: Path, side: int) -> None:
    """A PNG of side x side pixels that says so and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b""))


@pytest.mark.parametrize("side", [9000, 11_000, 60_000])
def test_what_would_decode_to_gigabytes_is_left_out(tmp_path: Path, side: int) -> None:
    write_bomb(tmp_path / "bomb.png", side)
    with pytest.raises(ExcludedError, match=r"skipped .*bomb\.png: .* more than video\.max_image_px = 64000000"):
        read(tmp_path / "bomb.png")
    Image.fromarray(SMALL).resize((40, 40)).save(tmp_path / "a.png")
    with pytest.raises(ExcludedError, match="40 x 40 pixels are more than"):
        read(tmp_path / "a.png", max_image_px=1024)
