"""The parts of the fuzzing job: files that a seed gives again, a watch that sees, a comparison that finds what is wrong."""

import json
import random
import socket
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from benchmarks.fuzz import (
    ANY,
    BAD,
    CHEAP,
    GOOD,
    OUT,
    PLAIN_EVERY,
    Batch,
    Places,
    build_batch,
    choose_settings,
    compare,
    find_secrets,
    list_command,
)
from benchmarks.hostile import CONTAINERS, DAMAGES, IMAGES, build_drawn_image, build_gif_bomb, write_drawn_video
from benchmarks.watch import Listener, Watch, serve
from ike_ray.config import Config, SpectralRunConfig, VideoConfig
from ike_ray.errors import InputError
from ike_ray.settings import read_settings_of
from ike_ray.storage.credentials import hide_credentials
from ike_ray.storage.files import read_bytes
from ike_ray.video.manifest import list_images_and_videos, list_videos
from ike_ray.video.open import open_video

CONFIGS: dict[str, type] = {"segment": Config, "spectral": SpectralRunConfig}
DATA = bytes(range(256)) * 8


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_seed_gives_the_same_damage_again(damage, tmp_path: Path) -> None:
    write_drawn_video(tmp_path / "a.mp4", 3)
    video = (tmp_path / "a.mp4").read_bytes()
    for data in (DATA, video, b"x"):
        made = [damage(data, random.Random(seed)) for seed in range(12)]
        assert made == [damage(data, random.Random(seed)) for seed in range(12)]
    assert sum(damage(video, random.Random(seed)) != video for seed in range(12)) >= 5


@pytest.mark.parametrize("suffix", [*CONTAINERS, *IMAGES])
def test_what_is_drawn_is_read(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    if suffix in CONTAINERS:
        write_drawn_video(path, 3, tags={"title": b"Caf\xe9"})
    else:
        path.write_bytes(build_drawn_image(suffix))
    with open_video(str(path), VideoConfig()) as reader:
        assert [frame.image.shape for frame in reader] == [(64, 112, 3)] * (3 if suffix in CONTAINERS else 1)
        assert reader.warning is None


def test_a_bomb_is_small_and_says_that_it_is_large(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(build_gif_bomb(300))
    assert len(build_gif_bomb(12_000)) < 200
    with open_video(f"{tmp_path}/a.gif", VideoConfig()) as reader:
        assert next(iter(reader)).image.shape == (300, 300, 3)


@pytest.mark.parametrize("number", range(8))
def test_a_batch_is_listed_as_it_expects(number: int, tmp_path: Path) -> None:
    places = Places(private=tmp_path / "private.mp4", silent_port=9, server_port=10)
    batch = build_batch(number, tmp_path, 40, random.Random(number), places)
    refs = (list_images_and_videos if batch.job == "spectral" else list_videos)(batch.source)
    shown = [hide_credentials(ref.uri) for ref in refs]
    assert set(shown) == set(batch.expected)
    assert len(shown) == len(batch.expected) + batch.shown_alike.total()
    assert not [
        ref for ref in refs for secret in batch.secrets if secret in ref.video_id or secret in hide_credentials(ref.uri)
    ]
    command = list_command(batch, tmp_path / "run")
    overrides = [value for option, value in pairwise(command) if option == "--set"]
    read_settings_of(CONFIGS[batch.job], "", overrides)


def test_every_batch_has_settings_that_its_program_takes() -> None:
    for number in range(PLAIN_EVERY):
        job = list(CHEAP)[number % 2]
        read_settings_of(CONFIGS[job], "", [f"{name}={value}" for name, value in choose_settings(job, number).items()])


def test_the_comparison_finds_each_kind_of_fault() -> None:
    expected = {"a": GOOD, "b": BAD, "c": OUT, "d": GOOD, "e": ANY, "f": GOOD}
    rows = [("a", "ok", None), ("b", "failed", "ValueError"), ("c", "skipped", "ExcludedError"), ("d", "ok", None)]
    rows += [("d", "ok", None), ("e", "failed", "CrashError"), ("x", "ok", None)]
    found = compare(
        Batch(job="segment", source="", settings={}, expected=expected),
        [{"uri": uri, "status": status, "error_type": error} for uri, status, error in rows],
    )
    assert found == {
        "lost": ["f"],
        "doubled": ["d", "x"],
        "wrong": ["b: ValueError instead of InputError"],
        "stopped": ["e: CrashError"],
    }


def test_a_secret_is_found_in_any_file_and_name(tmp_path: Path) -> None:
    assert find_secrets(["planted1"], [tmp_path]) == []
    (tmp_path / "log").write_text("Authorization: planted1")
    (tmp_path / "planted2.jpg").touch()
    table = pa.table({"a": [json.dumps({"x": f"{number} planted3 {number}"}) for number in range(1000)]})
    parquet.write_table(table, tmp_path / "rows.parquet", compression="zstd")
    found = find_secrets(["planted1", "planted2", "planted3"], [tmp_path])
    assert [line.rpartition("/")[2].split(":")[0] for line in found] == ["log", "planted2.jpg", "rows.parquet"]
    assert find_secrets(["planted1"], [tmp_path / "log"])


def test_the_watch_sees_who_opens_a_file(tmp_path: Path) -> None:
    write_drawn_video(tmp_path / "a.mp4", 2)
    (tmp_path / "b.m3u8").write_text("#EXTM3U\n#EXTINF:1,\na.mp4\n#EXT-X-ENDLIST\n")
    with Watch(tmp_path) as watch:
        assert list(tmp_path.iterdir())
        assert watch.list_opened() == []
        (tmp_path / "a.mp4").read_bytes()
        assert set(watch.list_opened()) == {"a.mp4"}
        assert watch.list_opened() == []


def test_the_listener_hears_who_comes() -> None:
    with Listener() as listener:
        assert listener.count() == 0
        socket.create_connection(("127.0.0.1", listener.port)).close()
        assert listener.count() == 1
        assert listener.count() == 0


def test_the_server_answers_as_names_say() -> None:
    with serve(b"video", b"#EXTM3U") as port:
        assert read_bytes(f"http://127.0.0.1:{port}/a.mp4") == b"video"
        assert read_bytes(f"http://127.0.0.1:{port}/list.m3u8") == b"#EXTM3U"
        with pytest.raises(InputError, match="403"):
            read_bytes(f"http://127.0.0.1:{port}/403.mp4")
