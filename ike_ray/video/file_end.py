"""Whether a video file has its end, for containers that do not say at their beginning how long they are.

Others state a time or a number of frames: see `file_reader`. What is cut exactly between two packets of a transport stream
looks whole, as does a program stream (MPG) that is cut between two packets.
"""

import os
import re
import struct
from io import IOBase

_GIF_END_BYTES = 4096  # where the byte is looked for that ends a GIF: some programs fill files up with zeros
# Bytes of a packet of a transport stream: as it is, with a time before it (M2TS), with a code against errors behind it.
_TS_PACKETS = {188: 0, 192: 4, 204: 0}
_TS_SYNC = 0x47
_TS_HEAD_BYTES = 4096
_OGG_PAGE_BYTES = 65_307  # of the longest page
_OGG_LAST = 0x04
_ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_ASF_HEAD_BYTES = 65_536
_Y4M_HEAD_BYTES = 1024
_MXF_HEADER = bytes.fromhex("060e2b34020501010d0102010102")  # of the partition that begins a file
_MXF_HEAD_BYTES = 65_536


def describe_missing_end(container: str, stream: IOBase, packet_bytes: int) -> str | None:
    """Return what a file lacks at its end, in words, and None where nothing can be told of its container, or it is whole.

    `container` is FFmpeg's name of the format, `packet_bytes` is the size of the last packet that was read.
    """
    missing = None
    match container:
        case "gif":
            missing = _describe_gif(stream)
        case "mpegts":
            missing = _describe_transport_stream(stream)
        case "ogg":
            missing = _describe_ogg(stream)
        case "asf" | "asf_o":
            missing = _describe_asf(stream)
        case "mxf":
            missing = _describe_mxf(stream)
        case "yuv4mpegpipe":
            missing = _describe_y4m(stream, packet_bytes)
    return missing


def _describe_gif(stream: IOBase) -> str | None:
    has_end = _read_tail(stream, _GIF_END_BYTES).rstrip(b"\0").endswith(b";")
    return None if has_end else "a GIF without its last byte"


def _describe_transport_stream(stream: IOBase) -> str | None:
    size = stream.seek(0, os.SEEK_END)
    head = _read_at(stream, 0, _TS_HEAD_BYTES)
    for length, before in _TS_PACKETS.items():
        for start in range(min(length, len(head))):
            syncs = head[start + before :: length]
            if len(syncs) > 1 and set(syncs) == {_TS_SYNC}:
                num_bytes = (size - start) % length
                last = _read_at(stream, size - num_bytes, num_bytes)
                # What does not begin as a packet does is no packet: some programs write their own behind the last.
                is_cut = num_bytes > before and last[before] == _TS_SYNC
                return f"its last packet has {num_bytes} of {length} bytes" if is_cut else None
    return None


def _describe_ogg(stream: IOBase) -> str | None:
    tail = _read_tail(stream, 2 * _OGG_PAGE_BYTES)
    page = tail[tail.rfind(b"OggS") :]
    if len(page) > 27:
        num_segments = page[26]
        num_bytes = 27 + num_segments + sum(page[27 : 27 + num_segments])
        if page[5] & _OGG_LAST and len(page) >= num_bytes:
            return None
    return "an Ogg file without its last page"


def _describe_asf(stream: IOBase) -> str | None:
    size = stream.seek(0, os.SEEK_END)
    head = _read_at(stream, 0, _ASF_HEAD_BYTES)
    place = head.find(_ASF_PROPERTIES)
    if place < 0 or len(head) < place + 48:
        return None
    (promised,) = struct.unpack_from("<Q", head, place + 40)
    return f"it has {size} of the {promised} bytes that it promises" if size < promised else None


def _describe_mxf(stream: IOBase) -> str | None:
    """The first partition says where the last one, the footer, begins, and zero if nobody knew that yet."""
    size = stream.seek(0, os.SEEK_END)
    head = _read_at(stream, 0, _MXF_HEAD_BYTES)
    place = head.find(_MXF_HEADER) + 16  # of the length of the partition, in one byte or with its number of bytes before it
    if place < 16 or len(head) < place + 200:
        return None
    length_bytes = 1 + (head[place] & 0x7F if head[place] & 0x80 else 0)
    (footer,) = struct.unpack_from(">Q", head, place + length_bytes + 24)
    return f"it has {size} bytes, and its footer begins after {footer}" if size <= footer else None


def _describe_y4m(stream: IOBase, packet_bytes: int) -> str | None:
    size = stream.seek(0, os.SEEK_END)
    found = re.match(rb"YUV4MPEG2[^\n]*\n(FRAME[^\n]*\n)", _read_at(stream, 0, _Y4M_HEAD_BYTES))
    if found is None or not packet_bytes:
        return None
    frame_bytes = len(found[1]) + packet_bytes
    num_bytes = (size - found.start(1)) % frame_bytes
    return f"its last frame has {num_bytes} of {frame_bytes} bytes" if num_bytes else None


def _read_tail(stream: IOBase, num_bytes: int) -> bytes:
    return _read_at(stream, max(0, stream.seek(0, os.SEEK_END) - num_bytes), num_bytes)


def _read_at(stream: IOBase, place: int, num_bytes: int) -> bytes:
    stream.seek(place)
    return stream.read(num_bytes)
