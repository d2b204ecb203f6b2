import random
from io import BytesIO
from pathlib import Path

import pytest

from benchmarks.hostile import DAMAGES, write_drawn_video
from ike_ray.video.file_end import describe_missing_end

FORMATS = {"gif": "gif", "ts": "mpegts", "m2ts": "mpegts", "ogv": "ogg", "wmv": "asf", "mxf": "mxf", "y4m": "yuv4mpegpipe"}
FRAME_BYTES = 112 * 64 * 3 // 2


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_whole_file_has_its_end_and_no_part_of_it_has(suffix: str, tmp_path: Path) -> None:
    write_drawn_video(tmp_path / f"a.{suffix}", num_frames=6)
    data = (tmp_path / f"a.{suffix}").read_bytes()
    assert describe_missing_end(FORMATS[suffix], BytesIO(data), FRAME_BYTES) is None
    for length in range(len(data) // 2, len(data) - 3000, 777):
        missing = describe_missing_end(FORMATS[suffix], BytesIO(data[:length]), FRAME_BYTES)
        is_between_packets = suffix.endswith("ts") and length % (192 if suffix == "m2ts" else 188) <= 4
        is_like_an_end = suffix == "gif" and data[:length].endswith(b";")
        assert missing or is_between_packets or is_like_an_end, length
    rng = random.Random(0)
    for _ in range(200):  # any damage is answered
        describe_missing_end(FORMATS[suffix], BytesIO(rng.choice(DAMAGES)(data, rng)), FRAME_BYTES)


def test_what_follows_the_last_packet_is_no_cut(tmp_path: Path) -> None:
    write_drawn_video(tmp_path / "a.ts", num_frames=6)
    data = (tmp_path / "a.ts").read_bytes()
    assert describe_missing_end("mpegts", BytesIO(data + bytes(50)), 0) is None
    assert describe_missing_end("mpegts", BytesIO(b"xyz" + data), 0) is None
    assert describe_missing_end("mpegts", BytesIO(data + data[:50]), 0) == "its last packet has 50 of 188 bytes"
    assert describe_missing_end("matroska,webm", BytesIO(b""), 0) is None
