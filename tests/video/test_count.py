from pathlib import Path

import pytest

from ike_ray.config import VideoConfig
from ike_ray.datasets.synthetic import draw_clip
from ike_ray.errors import InputError
from ike_ray.video.count import estimate_num_frames
from ike_ray.video.open import open_video
from ike_ray.video.write import write_video


def test_headers_promise_what_selection_leaves(tmp_path: Path) -> None:
    write_video(f"{tmp_path}/a.mp4", draw_clip(0, num_frames=11, height=64, width=64).frames, 10.0)
    assert estimate_num_frames(f"{tmp_path}/a.mp4", VideoConfig()) == 11
    config = VideoConfig(start_frame=2, stop_frame=9, stride=3)
    with open_video(f"{tmp_path}/a.mp4", config) as reader:
        assert estimate_num_frames(f"{tmp_path}/a.mp4", config) == len(list(reader)) == 3
    (tmp_path / "x.mp4").write_text("no video")
    with pytest.raises(InputError, match="FFmpeg decodes"):
        estimate_num_frames(f"{tmp_path}/x.mp4", VideoConfig())


def test_real_headers_are_near_the_truth(shared_data: Path) -> None:
    for path in sorted((shared_data / "videos").iterdir()):
        promised = estimate_num_frames(str(path), VideoConfig(stop_frame=200))
        if promised is not None:
            with open_video(str(path), VideoConfig(stop_frame=200)) as reader:
                assert abs(sum(1 for _ in reader) - promised) <= 2, path
    assert estimate_num_frames(str(shared_data / "davis" / "JPEGImages" / "480p" / "bear"), VideoConfig()) == 82
