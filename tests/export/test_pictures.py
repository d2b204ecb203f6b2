from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ike_ray.config import VideoConfig
from ike_ray.datasets.synthetic import draw_clip
from ike_ray.errors import InputError
from ike_ray.export.pictures import open_staged, read_overlays, read_pictures, select_frames, shown_fps
from ike_ray.storage.files import write_bytes
from ike_ray.video.write import write_video
from tests.drawn_run import HEIGHT, WIDTH, DrawnRun


def test_the_frames_that_have_masks_are_read(drawn_run: DrawnRun) -> None:
    video = drawn_run.video("sub/cat.mp4")
    assert select_frames(video) == VideoConfig(start_frame=1, stop_frame=6, stride=2)
    assert shown_fps(video) == 5.0
    pictures = list(read_pictures(video))
    assert [row["frame_index"] for _, row in pictures] == [1, 3, 5]
    clip = draw_clip(1, num_frames=6, height=HEIGHT, width=WIDTH)  # as it was before H.264
    for image, row in pictures:
        assert np.abs(image.astype(int) - clip.frames[row["frame_index"]]).mean() < 8


def test_one_frame_is_a_video(drawn_run: DrawnRun) -> None:
    video = drawn_run.video("bear")
    one = replace(video, rows=video.rows[2:3])
    assert [row["frame_index"] for _, row in read_pictures(one)] == [2]
    assert shown_fps(one) is None


def test_overlays_tint_the_object_alone(drawn_run: DrawnRun) -> None:
    video = drawn_run.video("bear")
    (image, _), overlay, mask = next(read_pictures(video)), next(read_overlays(video)), drawn_run.masks["bear"][0]
    changed = (image != overlay).any(axis=-1)
    assert changed[mask].mean() > 0.9
    assert changed[~mask].mean() < 0.1  # the outline


def test_another_video_at_the_same_place_is_told(drawn_run: DrawnRun) -> None:
    video = drawn_run.video("dog.mp4")
    write_video(video.uri, draw_clip(5, num_frames=2, height=HEIGHT, width=WIDTH).frames, 12.5)
    with pytest.raises(InputError, match=r"dog\.mp4 has changed: 3 of its frames have a mask, and 2 of them could be read"):
        list(read_pictures(video))
    write_video(video.uri, draw_clip(5, num_frames=3, height=32, width=WIDTH).frames, 12.5)
    with pytest.raises(InputError, match=r"its masks have 48 x 64 pixels, frames of .* have 32 x 64"):
        list(read_pictures(video))
    Path(video.uri).unlink()
    with pytest.raises(InputError, match=r"dog\.mp4 has gone"):
        list(read_pictures(video))


def test_a_remote_video_is_copied_for_a_while(drawn_run: DrawnRun) -> None:
    video = drawn_run.video("dog.mp4")
    write_bytes("memory://videos/dog.mp4", Path(video.uri).read_bytes())
    remote = replace(video, uri="memory://videos/dog.mp4")
    assert len(list(read_pictures(remote))) == 3
    with open_staged(remote) as uri:
        assert Path(uri).read_bytes() == Path(video.uri).read_bytes()
    assert not Path(uri).exists()
