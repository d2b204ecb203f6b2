from pathlib import Path

import numpy as np
import pytest

from ike_ray.errors import InputError
from ike_ray.flow.flo import build_flo, read_flo, read_flow_files, resize_flow, write_flow_files
from ike_ray.records import Flow

INDICES = np.array([3, 5, 7])


@pytest.fixture
def flow(rng: np.random.Generator) -> Flow:
    return Flow(**{name: rng.normal(0, 2, (2, 6, 9, 2)).astype(np.float32) for name in ("forward", "backward")})


def test_the_format_is_middleburys() -> None:
    """Bytes by hand: the tag reads PIEH, then width, height, then dx, dy of each pixel."""
    field = np.array([[[1.0, 2.0], [3.0, 4.0]]], np.float32)
    data = build_flo(field)
    assert data[:4] == b"PIEH"
    assert np.frombuffer(data, "<i4", 2, 4).tolist() == [2, 1]
    assert np.frombuffer(data, "<f4", offset=12).tolist() == [1, 2, 3, 4]
    np.testing.assert_array_equal(read_flo(data, "x"), field)


def test_a_videos_flow_survives(tmp_path: Path, flow: Flow) -> None:
    write_flow_files(str(tmp_path), INDICES, flow)
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.flo")) == [
        "bwd_of/00005_00003.flo",
        "bwd_of/00007_00005.flo",
        "fwd_of/00003_00005.flo",
        "fwd_of/00005_00007.flo",
    ]
    read = read_flow_files(str(tmp_path), INDICES, 6, 9)
    np.testing.assert_array_equal(read.forward, flow.forward)
    np.testing.assert_array_equal(read.backward, flow.backward)


def test_another_size_scales_the_components() -> None:
    field = np.full((4, 6, 2), (3.0, 2.0), np.float32)
    np.testing.assert_allclose(resize_flow(field, 8, 3), np.full((8, 3, 2), (1.5, 4.0)))


@pytest.mark.parametrize("cut", [0, 3, 11, 50])
def test_broken_bytes_are_told(cut: int) -> None:
    with pytest.raises(InputError, match=r"cannot read a\.flo"):
        read_flo(build_flo(np.zeros((4, 4, 2), np.float32))[:cut], "a.flo")


def test_impossible_fields_are_told() -> None:
    with pytest.raises(InputError, match="NaN"):
        read_flo(build_flo(np.full((2, 2, 2), np.nan, np.float32)), "a.flo")
    data = bytearray(build_flo(np.zeros((2, 2, 2), np.float32)))
    data[4:12] = np.array([-2, -2], "<i4").tobytes()
    with pytest.raises(InputError, match="-2 x -2"):
        read_flo(bytes(data), "a.flo")


def test_a_missing_file_is_told(tmp_path: Path, flow: Flow) -> None:
    write_flow_files(str(tmp_path), INDICES, flow)
    (tmp_path / "bwd_of" / "00007_00005.flo").unlink()
    with pytest.raises(InputError, match=r"no flow file .*bwd_of/00007_00005\.flo"):
        read_flow_files(str(tmp_path), INDICES, 6, 9)


def test_one_frame_needs_no_file(tmp_path: Path) -> None:
    assert read_flow_files(str(tmp_path), INDICES[:1], 6, 9).forward.shape == (0, 6, 9, 2)
