from pathlib import Path

import numpy as np
import pytest
import torch

from ike_ray.drawn.scene import draw_scene
from ike_ray.motion import samples
from ike_ray.motion.samples import MotionSample, decode_maps, draw_sample, group_by_size, read_sample, write_sample

STEPS = np.array([25] * 6 + [127, 127, 80, 80, 127, 127, 25, 25, 25, 80])


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[torch.Tensor]:
    """The maps of each clip that is drawn, as `build_motion_maps` made them. Clips are small here."""
    kept: list[torch.Tensor] = []
    real = samples.build_motion_maps

    def build(*arguments: torch.Tensor) -> torch.Tensor:
        kept.append(real(*arguments))
        return kept[-1]

    monkeypatch.setattr(samples, "build_motion_maps", build)
    monkeypatch.setattr(samples, "_SIZES", (((96, 160), (48, 80), 1.0),))
    return kept


def find_frame(maps: torch.Tensor, frames: torch.Tensor) -> int:
    return int((frames - maps).abs().amax(dim=(1, 2, 3)).argmin())


def test_a_sample_decodes_to_the_maps_of_four_frames_within_rounding(built: list[torch.Tensor]) -> None:
    sample = draw_sample(5)
    assert (sample.maps.shape, sample.maps.dtype) == ((4, 16, 48, 80), np.int8)
    assert (sample.opacity.shape, sample.opacity.dtype) == ((4, 48, 80), np.uint8)
    decoded = decode_maps(sample.maps)
    rounding = torch.from_numpy(0.5 / STEPS).float()[:, None, None] + 1e-5
    largest = torch.from_numpy(127 / STEPS).float()[:, None, None]
    chosen = [find_frame(maps, built[0]) for maps in decoded]
    for maps, index in zip(decoded, chosen, strict=True):
        assert ((maps - built[0][index].clamp(-largest, largest)).abs() <= rounding).all()
    assert chosen[0] in (0, 1, 7, 8)  # near an end
    assert chosen[1] in (2, 3)
    assert chosen[2] == 4
    assert chosen[3] in (5, 6)


def test_the_opacity_is_that_of_the_same_frames(built: list[torch.Tensor]) -> None:
    sample, scene = draw_sample(5), draw_scene(5, num_frames=9, height=96, width=160)
    chosen = [find_frame(maps, built[0]) for maps in decode_maps(sample.maps)]
    expected = scene.opacity[chosen].reshape(4, 48, 2, 80, 2).mean(axis=(2, 4))
    assert scene.opacity.any()
    assert np.abs(sample.opacity - expected).max() <= 1


def test_a_sample_is_read_as_it_was_written_and_written_once(tmp_path: Path, built: list[torch.Tensor]) -> None:
    write_sample(str(tmp_path), 7)
    (path,) = tmp_path.iterdir()
    assert path.name == "0000007.npz"
    read, drawn = read_sample(str(path)), draw_sample(7)
    np.testing.assert_array_equal(read.maps, drawn.maps)
    np.testing.assert_array_equal(read.opacity, drawn.opacity)
    before, num_built = path.stat().st_mtime_ns, len(built)
    write_sample(str(tmp_path), 7)
    assert path.stat().st_mtime_ns == before
    assert len(built) == num_built
    write_sample(str(tmp_path), 8)
    assert len(list(tmp_path.iterdir())) == 2


def test_samples_of_three_sizes_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Landscape for eight clips of ten; neither drawing nor flow is done here."""
    sizes = []

    def stop(seed: int, *, num_frames: int, height: int, width: int) -> MotionSample:
        sizes.append((height, width))
        raise StopIteration

    monkeypatch.setattr(samples, "draw_scene", stop)
    for seed in range(100):
        with pytest.raises(StopIteration):
            draw_sample(seed)
    assert set(sizes) == {(320, 568), (368, 496), (568, 320)}
    assert 65 <= sizes.count((320, 568)) <= 92


def test_files_are_grouped_by_the_size_of_their_maps() -> None:
    """Of the first forty seeds most are landscape; a file's group has the size that its sample is drawn with."""
    groups = group_by_size([f"folder/{seed:07d}.npz" for seed in range(40)])
    assert sum(len(group) for group in groups) == 40
    largest = max(groups, key=len)
    assert len(largest) > 20
    assert draw_sample(int(largest[0][-11:-4])).opacity.shape[1:] == (160, 288)
