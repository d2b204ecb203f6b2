"""Files in a real S3 on localhost, with faults put in its way."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import s3fs

from benchmarks.faulty_s3 import FaultyProxy, find_port, set_environment, start_s3
from ike_ray.config import VideoConfig
from ike_ray.errors import ExcludedError, InputError, TransientError
from ike_ray.records import VideoRef
from ike_ray.storage.faults import keep_trying
from ike_ray.storage.files import (
    is_file,
    is_folder,
    list_folder,
    list_matches,
    list_sizes,
    open_binary,
    read_bytes,
    remove_files,
    write_bytes,
)
from ike_ray.video.manifest import list_videos
from ike_ray.video.stage import stage_video


@pytest.fixture(scope="module")
def proxy() -> Iterator[FaultyProxy]:
    with start_s3() as port, FaultyProxy(port, 0.0).run() as proxy, set_environment(proxy.port):
        s3fs.S3FileSystem().mkdir("bucket")
        yield proxy


def test_objects_are_files_and_prefixes_folders(proxy: FaultyProxy) -> None:
    for name in ("b/2.mp4", "b/10.mp4", "c.mp4"):
        write_bytes(f"s3://bucket/a/{name}", name.encode())
    assert is_file("s3://bucket/a/c.mp4")
    assert is_folder("s3://bucket/a/b")
    assert not is_file("s3://bucket/a/b")
    assert list_folder("s3://bucket/a/b") == ["s3://bucket/a/b/2.mp4", "s3://bucket/a/b/10.mp4"]
    assert list_matches("s3://bucket/a/*/*.mp4") == ["s3://bucket/a/b/2.mp4", "s3://bucket/a/b/10.mp4"]
    assert sorted(list_sizes("s3://bucket/a").values()) == [5, 7, 8]
    assert [ref.video_id for ref in list_videos("s3://bucket/a")] == ["c.mp4", "b/2.mp4", "b/10.mp4"]
    with open_binary("s3://bucket/a/c.mp4") as stream:
        stream.seek(2)
        assert stream.read() == b"mp4"
    remove_files(["s3://bucket/a/c.mp4", "s3://bucket/a/none"])
    assert list_folder("s3://bucket/a") == ["s3://bucket/a/b"]
    write_bytes("s3://bucket/a/c.mp4", b"new")  # a listing is never older than the bucket
    assert len(list_folder("s3://bucket/a")) == 2
    with pytest.raises(InputError, match="s3://bucket/none: expected a file, found nothing"):
        read_bytes("s3://bucket/none")


def test_a_manifest_in_a_bucket_names_videos_beside_it(proxy: FaultyProxy) -> None:
    write_bytes("s3://bucket/m/list.csv", b"uri\nx/a.mp4\ns3://other/b.mp4\n")
    assert [ref.uri for ref in list_videos("s3://bucket/m/list.csv")] == ["s3://bucket/m/x/a.mp4", "s3://other/b.mp4"]


def test_a_staged_copy_is_whole_and_goes_away(proxy: FaultyProxy) -> None:
    write_bytes("s3://bucket/v/a b.mp4", bytes(range(256)) * 4000)
    ref = VideoRef(video_id="v", uri="s3://bucket/v/a b.mp4")
    with stage_video(ref, VideoConfig()) as staged:
        copy = Path(staged.uri)
        assert copy.read_bytes() == bytes(range(256)) * 4000
        assert copy.suffix == ".mp4"
    assert not copy.parent.exists()
    with pytest.raises(InputError, match=r"cannot read s3://bucket/v/a b\.mp4"), stage_video(ref, VideoConfig()) as staged:
        raise InputError(f"cannot read {staged.uri}")
    with pytest.raises(ExcludedError, match="max_staged_gb"), stage_video(ref, VideoConfig(max_staged_gb=0.001)):
        pass


def test_nothing_is_lost_while_a_third_of_the_answers_are_faults(proxy: FaultyProxy) -> None:
    proxy.fault_fraction, proxy.counts = 0.3, {}
    try:
        for number in range(20):
            uri = f"s3://bucket/faults/{number}.json"
            keep_trying(lambda uri=uri, number=number: write_bytes(uri, json.dumps(number).encode()), 60.0)
        found = [
            keep_trying(lambda number=number: read_bytes(f"s3://bucket/faults/{number}.json"), 60.0) for number in range(20)
        ]
        listed = keep_trying(lambda: list_folder("s3://bucket/faults"), 60.0)
    finally:
        proxy.fault_fraction = 0.0
    assert [json.loads(data) for data in found] == list(range(20))
    assert len(listed) == 20
    assert sum(proxy.counts.values()) - proxy.counts.get("none", 0) >= 5  # faults there were


def test_a_bucket_that_does_not_answer_is_not_an_empty_one(proxy: FaultyProxy) -> None:
    write_bytes("s3://bucket/full/x", b"x")
    s3fs.S3FileSystem.clear_instance_cache()
    with set_environment(find_port()), pytest.raises(TransientError, match="the same command continues"):
        list_folder("s3://bucket/full")
    s3fs.S3FileSystem.clear_instance_cache()
    assert list_folder("s3://bucket/full") == ["s3://bucket/full/x"]
