from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from ike_ray.errors import ConfigError
from ike_ray.video.manifest import list_images_and_videos, list_videos, read_sequence_name


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    videos, frames = ("b.mp4", "a.MOV", "sub/c.webm"), ("frames/x/0.jpg", "frames/x/1.jpg", "frames/y/0.png")
    for name in (*videos, *frames, "notes.txt", "sub/photo.jpg"):
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "tree"


def ids(source: object) -> list[str]:
    return [ref.video_id for ref in list_videos(str(source))]


def test_a_folder_is_searched_all_the_way_down(tree: Path) -> None:
    assert ids(tree) == ["a.MOV", "b.mp4", "frames/x", "frames/y", "sub/c.webm"]
    assert list_videos(f"{tree}/")[2].uri == f"{tree}/frames/x"


def test_runs_are_no_input_and_loose_images_hide_nothing(tree: Path) -> None:
    (tree / "run" / "strips").mkdir(parents=True)
    (tree / "run" / "run.yaml").touch()
    (tree / "run" / "strips" / "a.jpg").touch()
    (tree / "frames" / "cover.jpg").touch()
    assert ids(tree) == ["a.MOV", "b.mp4", "frames/x", "frames/y", "sub/c.webm"]


def test_one_video_one_frame_folder_one_glob(tree: Path) -> None:
    assert ids(tree / "b.mp4") == ["b.mp4"]
    assert ids(tree / "frames" / "x") == ["x"]
    assert ids(tree / "frames") == ["x", "y"]
    assert ids(f"{tree}/*.mp4") == ["b.mp4"]
    assert ids(f"{tree}/frames/*") == ["x", "y"]


def test_a_manifest_names_its_own(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("uri,label\n/v/a.mp4,1\ns3://bucket/b.mp4,2\nsub/c.mp4,3\n")
    assert ids(tmp_path / "m.csv") == ["/v/a.mp4", "s3://bucket/b.mp4", "sub/c.mp4"]
    uris = [ref.uri for ref in list_videos(f"{tmp_path}/m.csv")]
    assert uris == ["/v/a.mp4", "s3://bucket/b.mp4", f"{tmp_path}/sub/c.mp4"]
    (tmp_path / "n.csv").write_text("uri,video_id\na.mp4,007\nb.mp4,NA\n")
    assert ids(tmp_path / "n.csv") == ["007", "NA"]
    table = pa.table({"video_id": [7, 8], "uri": ["/v/a.mp4", "/v/a.mp4"]})
    parquet.write_table(table, tmp_path / "m.parquet")
    assert ids(tmp_path / "m.parquet") == ["7", "8"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path\na.mp4\n", "needs a column `uri`, found: path"),
        ("uri,video_id\na.mp4,x\nb.mp4,x\n", "more than once, the first is 'x'"),
        ("uri,video_id\na.mp4,\n", "no `video_id` in row 1"),
        ("uri\n", "no video in"),
        ("", "cannot read the manifest"),
        ("uri\n/v/caf\udce9.mp4\n", "cannot read the manifest"),
    ],
)
def test_bad_manifests_are_told(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "m.csv").write_text(text, errors="surrogateescape")
    with pytest.raises(ConfigError, match=message):
        list_videos(f"{tmp_path}/m.csv")


def test_nothing_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is nothing at"):
        list_videos(f"{tmp_path}/missing")
    with pytest.raises(ConfigError, match="no video in"):
        list_videos(str(tmp_path))
    with pytest.raises(ConfigError, match="no manifest at"):
        list_videos(f"{tmp_path}/m.csv")
    with pytest.raises(ConfigError, match="no video in"):
        list_videos(f"{tmp_path}/*.mp4")


def list_image_ids(source: object) -> list[str]:
    return [ref.video_id for ref in list_images_and_videos(str(source))]


def test_each_image_of_a_folder_is_a_row_of_its_own(tree: Path) -> None:
    (tree / "run").mkdir()
    (tree / "run" / "run.yaml").touch()
    (tree / "run" / "a.jpg").touch()
    (tree / "linked").symlink_to(tree / "frames" / "y")
    (tree / "frames" / "y" / "1.png").symlink_to(tree / "sub" / "photo.jpg")
    frames = ["frames/x/0.jpg", "frames/x/1.jpg", "frames/y/0.png", "frames/y/1.png"]
    linked = ["linked/0.png", "linked/1.png"]
    assert list_image_ids(tree) == ["a.MOV", "b.mp4", *frames, *linked, "sub/c.webm", "sub/photo.jpg"]
    assert list_images_and_videos(f"{tree}/")[2].uri == f"{tree}/frames/x/0.jpg"


def test_one_image_a_glob_of_images_a_manifest_of_images(tree: Path) -> None:
    assert list_image_ids(tree / "sub" / "photo.jpg") == ["photo.jpg"]
    assert list_image_ids(f"{tree}/frames/*/0.*") == ["0.jpg", "0.png"]
    (tree / "m.csv").write_text("uri,video_id\nframes/x,clip\nsub/photo.jpg,photo\n")
    assert [(ref.video_id, ref.uri) for ref in list_images_and_videos(f"{tree}/m.csv")] == [
        ("clip", f"{tree}/frames/x"),
        ("photo", f"{tree}/sub/photo.jpg"),
    ]
    (tree / "empty").mkdir()
    with pytest.raises(ConfigError, match="no image and no video in"):
        list_image_ids(tree / "empty")


def test_a_datasets_name_of_an_image_has_no_ending() -> None:
    assert read_sequence_name("photos/ILSVRC2012_1.JPEG") == "ILSVRC2012_1"
    assert read_sequence_name("a/bear") == "bear"
