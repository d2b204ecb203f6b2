"""What FFmpeg may open: any container that holds its own frames, in a file or a stream, and nothing that one names."""

import contextlib
import io
import os
import socket
import threading
from pathlib import Path

import av
import pytest

from benchmarks.hostile import CONTAINERS, PLAYLISTS, write_drawn_video
from ike_ray.config import VideoConfig
from ike_ray.errors import InputError
from ike_ray.records import VideoRef
from ike_ray.storage.files import write_bytes
from ike_ray.video.container import FORMATS, open_container
from ike_ray.video.count import estimate_num_frames
from ike_ray.video.manifest import VIDEO_SUFFIXES
from ike_ray.video.open import open_video
from ike_ray.video.stage import stage_video

# Endings under which FFmpeg looks for playlists and descriptions, and those of videos.
ENDINGS = (*VIDEO_SUFFIXES, ".m3u8", ".m3u", ".pls", ".sdp", ".mpd", ".ffconcat", ".concat", ".asx", ".idx", ".txt", "")


def test_every_ending_that_is_listed_is_drawn_and_every_format_is_known() -> None:
    assert {f".{suffix}" for suffix in CONTAINERS} == set(VIDEO_SUFFIXES)
    known = {name for names in av.formats_available for name in names.split(",")}
    assert set(FORMATS) <= known
    assert not {"hls", "concat", "sdp", "rtsp", "rtp", "dash", "image2", "lavfi", "data", "tee"} & set(FORMATS)


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_every_container_is_read_from_a_file_and_from_a_stream(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    write_drawn_video(path)
    write_bytes(f"memory://containers/a.{suffix}", path.read_bytes())
    for uri in (str(path), f"memory://containers/a.{suffix}"):
        with open_video(uri, VideoConfig()) as reader:
            assert sum(1 for _ in reader) == 10
            assert reader.warning is None
        assert estimate_num_frames(uri, VideoConfig()) in range(5, 13)  # MPEG's own time is short


@pytest.mark.parametrize("suffix", ["avi", "mov", "mp4", "mkv", "webm", "flv", "ogv"])
def test_tags_in_other_alphabets_cost_nothing(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    write_drawn_video(path, tags={"title": "Café".encode("latin-1"), "artist": "При".encode("cp1251")})
    with pytest.raises(UnicodeDecodeError):  # what the library does by itself
        av.open(str(path))
    with open_video(str(path), VideoConfig()) as reader:
        assert sum(1 for _ in reader) == 10
        assert reader.warning is None
    assert estimate_num_frames(str(path), VideoConfig()) == 10


@pytest.fixture(scope="module")
def port() -> int:
    """A socket that must hear nothing; the test fails where it does."""
    heard = []
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.settimeout(0.1)
        stop = threading.Event()

        def listen() -> None:
            while not stop.is_set():
                try:
                    connection, address = server.accept()
                except TimeoutError:
                    continue
                heard.append(address)
                connection.close()

        thread = threading.Thread(target=listen)
        thread.start()
        yield server.getsockname()[1]
        stop.set()
        thread.join()
    assert not heard


def read_all(uri: str) -> None:
    """A few endings make FFmpeg take any bytes for a video without a head, which then has no frame."""
    with contextlib.suppress(InputError):
        estimate_num_frames(uri, VideoConfig())
    with open_video(uri, VideoConfig()) as reader:
        list(reader)


@pytest.mark.parametrize("kind", PLAYLISTS)
def test_what_names_other_files_is_refused_under_any_ending(kind: str, tmp_path: Path, port: int) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    write_drawn_video(elsewhere / "private.mp4")
    before = os.stat(elsewhere / "private.mp4").st_atime_ns
    os.utime(elsewhere / "private.mp4", ns=(1, before))  # read times are kept to a day, unless they are older than the file
    data = PLAYLISTS[kind].format(target=elsewhere / "private.mp4", port=port).encode()
    for ending in ENDINGS:
        path = tmp_path / f"a{ending}"
        path.write_bytes(data)
        write_bytes(f"memory://playlists/a{ending}", data)
        for uri in (str(path), f"memory://playlists/a{ending}"):
            with pytest.raises(InputError, match=rf"cannot read {uri}: expected .*, found .*\. "):
                read_all(uri)
        ref = VideoRef(video_id="a", uri=f"memory://playlists/a{ending}")
        with (
            pytest.raises(InputError, match=f"cannot read memory://playlists/a{ending}"),
            stage_video(ref, VideoConfig()) as it,
        ):
            read_all(it.uri)
    assert os.stat(elsewhere / "private.mp4").st_atime_ns == 1


def test_a_playlist_is_called_one(tmp_path: Path) -> None:
    (tmp_path / "a.m3u8").write_text(PLAYLISTS["hls"].format(target="/v/a.mp4", port=1))
    with pytest.raises(InputError, match=r"found a playlist, which leads to other places and is not followed\. .*manifest"):
        open_video(f"{tmp_path}/a.m3u8", VideoConfig())
    (tmp_path / "a.mp4").write_text(PLAYLISTS["sdp"].format(target="", port=1))
    with pytest.raises(InputError, match="found the description of a stream"):
        open_video(f"{tmp_path}/a.mp4", VideoConfig())


def test_numbered_pictures_are_no_video(tmp_path: Path) -> None:
    """FFmpeg takes such a name for a pattern, of files that nobody named."""
    write_drawn_video(tmp_path / "x.mp4")
    with av.open(f"{tmp_path}/x.mp4") as container:
        for index, frame in enumerate(container.decode(video=0)):
            frame.to_image().save(tmp_path / f"a{index}.jpg2", "JPEG")
    (tmp_path / "a%d.jpg2").write_bytes(b"")
    with pytest.raises(InputError, match="cannot read"):
        open_video(f"{tmp_path}/a%d.jpg2", VideoConfig())


def test_the_stream_of_a_broken_file_says_so() -> None:
    with pytest.raises(InputError, match="found Invalid data"):
        open_container("memory://x/a.mp4", io.BytesIO(b"hello"))
