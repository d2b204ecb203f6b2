import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from ike_ray.errors import ConfigError, InputError
from ike_ray.export.names import build_path, build_sequence_name, is_folder_of_frames, read_frame_names, refuse_shared_names
from tests.drawn_run import DrawnRun


def test_a_plain_id_is_its_path() -> None:
    assert build_path("a/b.mp4") == "a/b.mp4"


def test_other_ids_stay_below_and_apart() -> None:
    paths = [build_path(name) for name in ("../a b", "a b", "a_b", "/a_b", "s3://bucket/a.mp4")]
    assert len(set(paths)) == 5
    assert re.fullmatch(r"a_b-[0-9a-f]{8}", paths[0])
    assert paths[2] == "a_b"
    assert paths[4].startswith("s3/bucket/a.mp4-")


def test_sequences_that_share_a_name_are_refused() -> None:
    assert build_sequence_name("JPEGImages/480p/bear") == "bear"
    assert build_sequence_name("x/bear.mp4") == "bear"
    refuse_shared_names(["a/bear", "a/cow"])
    with pytest.raises(ConfigError, match=r"'a/bear' and 'b/bear\.mp4' would both be the sequence 'bear'.*--to png"):
        refuse_shared_names(["a/bear", "a/cow", "b/bear.mp4"])


def test_frames_are_called_as_their_images(drawn_run: DrawnRun) -> None:
    assert read_frame_names(drawn_run.video("bear")) == [f"img_{index}.jpg" for index in (7, 8, 9, 10)]
    assert read_frame_names(drawn_run.video("sub/cat.mp4")) == ["00001.jpg", "00003.jpg", "00005.jpg"]


def test_a_file_need_not_be_there_to_name_its_frames(drawn_run: DrawnRun) -> None:
    video = drawn_run.video("dog.mp4")
    Path(video.uri).unlink()
    assert read_frame_names(video)[0] == "00000.jpg"
    assert not is_folder_of_frames(video)


def test_a_folder_that_has_gone_or_shrunk_is_told(drawn_run: DrawnRun) -> None:
    video = drawn_run.video("bear")
    Path(video.uri, "img_7.jpg").unlink()
    with pytest.raises(InputError, match=r"bear has changed: frame 3 has a mask.*has 3 images"):
        read_frame_names(video)
    shutil.rmtree(video.uri)
    with pytest.raises(InputError, match=r"the video bear has gone: expected it at .*--input"):
        read_frame_names(video)
    still = replace(video, uri=drawn_run.video("dog.mp4").uri)  # a file that states no rate
    assert not is_folder_of_frames(still)
