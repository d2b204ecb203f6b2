from pathlib import Path

import pytest

from ike_ray.datasets.synthetic import SPLIT, write_drawn_dataset
from ike_ray.errors import InputError
from ike_ray.evaluate.benchmark import open_benchmark
from tests.datasets.drawn import LEFT, TOP, write_image, write_mask, write_text


def test_davis_has_one_object(tmp_path: Path) -> None:
    write_drawn_dataset(str(tmp_path), num_frames=4)
    benchmark = open_benchmark("davis2016", str(tmp_path), SPLIT)
    assert (benchmark.protocol, benchmark.kind, benchmark.merged) == ("regions", "video", ())
    assert (benchmark.split, benchmark.usual_split, benchmark.num_frames) == (SPLIT, "val", 8)
    with pytest.raises(InputError, match=r"no split 'val'"):
        open_benchmark("davis2016", str(tmp_path))


def test_several_objects_are_merged_and_named(tmp_path: Path) -> None:
    """SegTrack v2, where a sequence with several objects has a folder for each."""
    write_text(tmp_path / "ImageSets" / "all.txt", "*bmx\n*girl\n")
    for sequence in ("bmx", "girl"):
        write_image(tmp_path / "JPEGImages" / sequence / "0001.png")
    write_mask(tmp_path / "GroundTruth" / "bmx" / "1" / "0001.png", LEFT)
    write_mask(tmp_path / "GroundTruth" / "bmx" / "2" / "0001.png", TOP)
    write_mask(tmp_path / "GroundTruth" / "girl" / "0001.png", TOP)
    benchmark = open_benchmark("segtrack_v2", str(tmp_path))
    assert benchmark.merged == ("bmx",)
    assert benchmark.sequences[0].scored_frames[0].read_mask().sum() == (LEFT | TOP).sum()
