import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import fsspec
import pyarrow as pa
import pytest
from pyarrow import parquet

from benchmarks.hostile import ODD_NAMES, write_drawn_video, write_odd_entries
from ike_ray.config import VideoConfig
from ike_ray.errors import ConfigError, InputError
from ike_ray.storage.files import write_bytes
from ike_ray.video.manifest import list_images_and_videos, list_videos, read_sequence_name
from ike_ray.video.open import open_video


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
        ("", "needs a column `uri`, found: none"),
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


def test_no_name_stops_a_folder(tmp_path: Path) -> None:
    """Each odd entry is a row. Files are read whatever they are called; what is no file says so."""
    folder = tmp_path / "videos"
    folder.mkdir()
    write_drawn_video(tmp_path / "a.mp4", num_frames=2)
    video = (tmp_path / "a.mp4").read_bytes()
    write_odd_entries(folder, video)
    refs = list_videos(str(folder))
    ids = [ref.video_id for ref in refs]
    assert len(set(ids)) == len(ids)
    json.dumps(ids).encode()
    pa.array(ids, pa.string())  # what no table could hold
    readable = {ref.video_id for ref in refs if is_read(ref.uri)}
    shown = {name.replace("Signature=f.mp4", "Signature=***") for name in ODD_NAMES}
    assert readable >= shown | {"caf\\xe9.mp4", "caf\\xe9.mp4 (2)", "\\xff\\xfe.mp4", "locked/a.mp4"}
    assert set(ids) - readable == {"itself.mp4", "nothing.mp4", "pipe.mp4"}
    for name, found in (("itself.mp4", "Too many levels of symbolic links"), ("nothing.mp4", "found nothing")):
        with pytest.raises(InputError, match=rf"cannot open .*{name}: expected a file, .*{found}"):
            open_video(f"{folder}/{name}", VideoConfig())
    for name in ("pipe.mp4", "pipe.jpg"):
        with pytest.raises(InputError, match=rf"{name}: expected a file, found a pipe, a socket or a device"):
            open_video(f"{folder}/{name}", VideoConfig())
    images = {ref.video_id for ref in list_images_and_videos(str(folder))}
    assert images == {*ids, "pipe.jpg"}
    assert "itself.mp4" in {ref.video_id for ref in list_videos(f"{folder}/*.mp4")}


def is_read(uri: str) -> bool:
    try:
        with open_video(uri, VideoConfig()) as reader:
            return len(list(reader)) == 2
    except InputError:
        return False


def test_links_between_folders_end(tmp_path: Path) -> None:
    """Twelve folders, each with two links to the next: 4096 paths lead to the last one."""
    for number in range(12):
        folder = tmp_path / f"{number:02d}"
        folder.mkdir()
        for name in ("x", "y") if number < 11 else ():
            (folder / name).symlink_to(f"../{number + 1:02d}")
    (tmp_path / "11" / "a.mp4").touch()
    assert len(list_videos(f"{tmp_path}/00")) == 100
    assert len(list_videos(str(tmp_path))) == 100


def test_a_folder_that_may_not_be_listed_is_a_row(tmp_path: Path) -> None:
    """Root may list any folder, so it gives up that right first."""
    program = (
        "import sys, json\n"
        "from ike_ray.config import VideoConfig\n"
        "from ike_ray.errors import InputError\n"
        "from ike_ray.video.manifest import list_videos\n"
        "from ike_ray.video.open import open_video\n"
        "refs = {ref.video_id: ref.uri for ref in list_videos(sys.argv[1])}\n"
        "try:\n    open_video(refs['locked'], VideoConfig())\n"
        "except InputError as error:\n    print(json.dumps([list(refs), str(error)]))\n"
    )
    for name in ("locked", "open"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.mp4").touch()
    (tmp_path / "locked").chmod(0)
    less = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.getuid() == 0 else []
    if less and (shutil.which("setpriv") is None or subprocess.run([*less, "true"], check=False).returncode):
        pytest.skip("root may not give up its rights here")
    command = [*less, sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    (tmp_path / "locked").chmod(0o755)
    assert done.returncode == 0, done.stderr
    ids, message = json.loads(done.stdout)
    assert ids == ["locked", "open/a.mp4"]
    assert "may not use" in message
    assert "Check permissions" in message


def test_a_row_that_nothing_can_reach_costs_itself_alone(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("uri\nfoo://x/a.mp4\nb.mp4\nx::y.mp4\ngs://bucket/c.mp4\nhttp://[bad/d.mp4\n")
    refs = list_videos(f"{tmp_path}/m.csv")
    assert [ref.uri for ref in refs[1:3]] == [f"{tmp_path}/b.mp4", f"{tmp_path}/x::y.mp4"]
    for ref, message in zip(
        refs, ("Protocol not known: foo", "found nothing", "found nothing", "nstall gcsfs", "Invalid IPv6 URL"), strict=True
    ):
        with pytest.raises(InputError, match=message):
            open_video(ref.uri, VideoConfig())
    (tmp_path / "n.csv").write_text("uri\nfoo://x/a.mp4\nbar://x/b.mp4\n")
    with pytest.raises(ConfigError, match="Protocol not known"):  # nothing of it can be done
        list_videos(f"{tmp_path}/n.csv")
    with pytest.raises(ConfigError, match="cannot reach foo://x"):
        list_videos("foo://x")


def test_a_bucket_without_credentials_costs_its_rows_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, f"{tmp_path}/none")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    (tmp_path / "m.csv").write_text("uri\ns3://bucket/a.mp4\nb.mp4\n")
    with pytest.raises(InputError, match=r"cannot reach s3://bucket/a\.mp4: Unable to locate credentials\. Set"):
        open_video(list_videos(f"{tmp_path}/m.csv")[0].uri, VideoConfig())
    (tmp_path / "n.csv").write_text("uri\ns3://bucket/a.mp4\ns3://other/b.mp4\n")
    for source in ("n.csv", "s3://bucket/folder"):  # nothing of it can be done
        with pytest.raises(ConfigError, match="Unable to locate credentials"):
            list_videos(source if source.startswith("s3") else f"{tmp_path}/{source}")
    fsspec.get_filesystem_class("s3").clear_instance_cache()


def test_an_id_holds_no_credentials(tmp_path: Path) -> None:
    signed = "https://me:pw1234@host/a/b.mp4?X-Amz-Signature=0123abcd&X-Amz-Credential=AKIAEXAMPLE"
    (tmp_path / "m.csv").write_text(f'uri\n"{signed}"\ns3://bucket/c.mp4\n')
    refs = list_videos(f"{tmp_path}/m.csv")
    assert [ref.video_id for ref in refs] == ["https://host/a/b.mp4", "s3://bucket/c.mp4"]
    assert refs[0].uri == signed
    rows = [f"https://host/get?id={number}&token=secret{number}" for number in range(2)]
    (tmp_path / "m.csv").write_text("uri\n" + "\n".join(rows) + "\n")
    assert ids(tmp_path / "m.csv") == ["https://host/get?id=0&token=***", "https://host/get?id=1&token=***"]
    (tmp_path / "m.csv").write_text(f'uri,video_id\nx.mp4,"{signed}"\n')
    assert "0123abcd" not in ids(tmp_path / "m.csv")[0]
    (tmp_path / "m.csv").write_text("uri\nhttps://host/get?token=secret1\nhttps://host/get?token=secret2\n")
    with pytest.raises(ConfigError, match=r"more than once, the first is 'https://host/get\?token=\*\*\*'"):
        list_videos(f"{tmp_path}/m.csv")


def test_a_question_mark_is_a_letter_of_a_name(tmp_path: Path) -> None:
    for name in ("a?b.mp4", "c?.jpg"):
        (tmp_path / name).touch()
    assert ids(tmp_path) == ["a?b.mp4"]
    assert list_image_ids(tmp_path) == ["a?b.mp4", "c?.jpg"]
    write_bytes("memory://odd/list.csv", b"uri\nx.mp4\n")
    assert list_videos("memory://odd/list.csv")[0].uri == "memory://odd/x.mp4"


def test_one_thing_that_is_no_file_is_a_row(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.mp4")
    assert ids(tmp_path / "a.mp4") == ["a.mp4"]
