import errno
import os
from pathlib import Path

import pytest

from ike_ray.errors import ConfigError, InputError
from ike_ray.storage.files import (
    check_reachable,
    create_bytes,
    is_local,
    join_uri,
    list_folder,
    list_kinds,
    list_matches,
    open_binary,
    read_bytes,
    read_path,
    safe_name,
    safe_path,
    write_bytes,
    write_copy,
)


def test_what_is_written_is_read_and_nothing_else_is_left(tmp_path: Path) -> None:
    target = f"{tmp_path}/a/b.bin"
    write_bytes(target, b"first")
    write_bytes(target, b"second")
    assert read_bytes(target) == b"second"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.bin"]


def test_another_file_system_will_do() -> None:
    write_bytes("memory://run/x.txt", b"1")
    assert read_bytes("memory://run/x.txt") == b"1"
    assert not is_local("memory://run/x.txt")
    assert list_folder("memory://run") == ["memory://run/x.txt"]


@pytest.mark.parametrize("target", ["{}/a/b.bin", "memory://copies/b.bin"])
def test_a_local_file_is_put_elsewhere(target: str, tmp_path: Path) -> None:
    target = target.format(tmp_path)
    (tmp_path / "source").write_bytes(b"1" * 100_000)
    write_copy(target, tmp_path / "source")
    assert read_bytes(target) == b"1" * 100_000
    (tmp_path / "source").write_bytes(b"2")
    write_copy(target, tmp_path / "source")
    assert read_bytes(target) == b"2"
    assert len(list_folder(target.rpartition("/")[0])) == 1
    assert not [path for path in tmp_path.rglob(".*") if path.is_file()]


def test_a_folder_is_listed_as_people_count(tmp_path: Path) -> None:
    for name in ("frame10.jpg", "frame2.jpg", ".hidden", "_DSC1.mov", "²5.jpg"):
        (tmp_path / name).touch()
    assert [uri.rpartition("/")[2] for uri in list_folder(str(tmp_path))] == [
        *("_DSC1.mov", "frame2.jpg", "frame10.jpg", "²5.jpg")
    ]
    assert list_folder(f"{tmp_path}/nothing") == []
    assert list_matches(f"{tmp_path}/frame*.jpg") == [f"{tmp_path}/frame2.jpg", f"{tmp_path}/frame10.jpg"]


def test_missing_and_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found nothing"):
        open_binary(f"{tmp_path}/x")
    with pytest.raises(InputError, match="found a folder"):
        open_binary(str(tmp_path))


def test_an_unknown_protocol_is_a_wrong_setting() -> None:
    with pytest.raises(ConfigError, match="cannot reach nowhere://x: Protocol not known"):
        check_reachable("nowhere://x")
    check_reachable("/v/a.mp4")


@pytest.mark.parametrize("name", ["../x", "/etc", "a/../../b", "", "a\\b", "a\x00"])
def test_names_stay_below(name: str) -> None:
    with pytest.raises(InputError, match="lead elsewhere"):
        join_uri("/run", name)


def test_names_below_are_joined() -> None:
    assert join_uri("/run/", "a/b", "c") == "/run/a/b/c"


def test_safe_names_hold_nothing_that_leads_elsewhere() -> None:
    assert safe_name("s3://bucket/a b/ü.mp4") == "s3_bucket_a_b_.mp4"
    assert safe_name("../..") == "video"
    assert len(safe_name("x" * 500)) == 80
    assert not safe_name("/a/" + "b" * 79).startswith(("_", "."))  # cut, it must not begin as hidden files do


def test_safe_paths_stay_below() -> None:
    assert safe_path("s3://bucket/../x/a b.mp4") == "s3/bucket/x/a_b.mp4"
    assert safe_path("/etc/passwd") == "etc/passwd"
    assert safe_path("../..") == "video"


def test_local_paths_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_path("run") == f"{tmp_path}/run"
    assert read_path("memory://run") == "memory://run"


def test_what_is_no_file_is_called_what_it_is(tmp_path: Path) -> None:
    """A pipe that nobody writes to would be waited for, for ever."""
    os.mkfifo(tmp_path / "pipe.jpg")
    for read in (open_binary, read_bytes):
        with pytest.raises(InputError, match=r"pipe\.jpg: expected a file, found a pipe, a socket or a device"):
            read(f"{tmp_path}/pipe.jpg")
    with pytest.raises(InputError, match="found a pipe, a socket or a device"):
        read_bytes("/dev/zero")
    (tmp_path / "itself").symlink_to("itself")
    with pytest.raises(InputError, match="Too many levels of symbolic links"):
        read_bytes(f"{tmp_path}/itself")
    assert list_kinds(str(tmp_path)) == {f"{tmp_path}/itself": "other", f"{tmp_path}/pipe.jpg": "other"}


def test_names_with_colons_are_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a::b.mp4", "http::x.mp4", "data:x.mp4", "a\\b.mp4", "caf\udce9.mp4", "memory::memory:x"):
        (tmp_path / name).write_bytes(name.encode(errors="surrogateescape"))
        for uri in (name, f"{tmp_path}/{name}"):
            assert is_local(uri)
            assert read_bytes(uri) == name.encode(errors="surrogateescape")
    assert len(list_folder(str(tmp_path))) == 6
    (tmp_path / "foo:").mkdir()
    (tmp_path / "foo:" / "x").touch()
    assert read_bytes(f"{tmp_path}/foo://x") == b""  # a path, since it begins as one
    write_bytes("memory://odd/a::b", b"1")
    assert read_bytes("memory://odd/a::b") == b"1"


@pytest.mark.parametrize(
    "uri", ["nowhere://x", "zip://x", "github://x", "reference://x", "simplecache://x", "gs://b/x", "a\x00b"]
)
def test_what_nothing_can_reach_is_an_input(uri: str) -> None:
    with pytest.raises(InputError, match=r"cannot (reach|open)"):
        read_bytes(uri)


@pytest.mark.parametrize("root", ["{}", "memory://create"])
def test_of_two_that_create_a_file_the_first_does(root: str, tmp_path: Path) -> None:
    uri = f"{root.format(tmp_path)}/a/b.json"
    assert create_bytes(uri, b"first")
    assert not create_bytes(uri, b"second")
    assert read_bytes(uri) == b"first"
    assert len(list_folder(uri.rpartition("/")[0])) == 1
    assert not [path for path in tmp_path.rglob(".*") if path.is_file()]


def test_a_disk_without_links_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)  # no such disk is here
    assert create_bytes(f"{tmp_path}/a", b"first")
    assert not create_bytes(f"{tmp_path}/a", b"second")
    assert read_bytes(f"{tmp_path}/a") == b"first"
