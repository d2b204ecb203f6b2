"""Files as strangers have them: they are drawn in every container and format that is read, and damaged in every known way.

Each function takes a `random.Random`, so that a seed gives the same files again. `fuzz.py` runs a job over them, and tests
take single ones.
"""

import os
import random
import struct
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import av
import cv2
import numpy as np
from PIL import Image, ImageCms

HEIGHT_PX, WIDTH_PX, FPS = 64, 112, 25

# For each ending of a video's name, the codec and pixel format of a drawn one. These are all that `video.manifest` lists.
CONTAINERS = {
    "mp4": ("libx264", "yuv420p"),
    "m4v": ("mpeg4", "yuv420p"),
    "mov": ("libx264", "yuv420p"),
    "mkv": ("libx264", "yuv420p"),
    "webm": ("libvpx", "yuv420p"),
    "avi": ("mpeg4", "yuv420p"),
    "mpg": ("mpeg1video", "yuv420p"),
    "mpeg": ("mpeg2video", "yuv420p"),
    "gif": ("gif", "rgb8"),
    "wmv": ("wmv2", "yuv420p"),
    "flv": ("flv", "yuv420p"),
    "ts": ("mpeg2video", "yuv420p"),
    "mts": ("libx264", "yuv420p"),
    "m2ts": ("libx264", "yuv420p"),
    "3gp": ("mpeg4", "yuv420p"),
    "ogv": ("libvpx", "yuv420p"),
    "mxf": ("mpeg2video", "yuv420p"),
    "y4m": ("wrapped_avframe", "yuv420p"),
}
IMAGES = {"jpg": "RGB", "jpeg": "L", "png": "RGBA", "bmp": "RGB", "webp": "RGB", "ppm": "RGB", "tif": "LAB", "tiff": "CMYK"}

# Texts that name other files or streams. {target} is a video elsewhere, and {port} a socket that must hear nothing.
PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{target}\n#EXTINF:1,\nhttp://127.0.0.1:{port}/a.ts\n#EXT-X-ENDLIST\n",
    "hls-key": '#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="http://127.0.0.1:{port}/key"\n#EXTINF:1,\n{target}\n#EXT-X-ENDLIST\n',
    "hls-master": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttp://127.0.0.1:{port}/b.m3u8\n",
    "concat": "ffconcat version 1.0\nfile '{target}'\nfile 'http://127.0.0.1:{port}/a.mp4'\n",
    "concat-bom": "\ufeffffconcat version 1.0\nfile '{target}'\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 96\n"
    "a=rtpmap:96 H264/90000\n",
    "pls": "[playlist]\nFile1={target}\nFile2=http://127.0.0.1:{port}/a.mp4\nNumberOfEntries=2\n",
    "mpd": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT1S">'
    '<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>{target}</BaseURL>'
    "</Representation></AdaptationSet></Period></MPD>",
    "asx": '<asx version="3.0"><entry><ref href="http://127.0.0.1:{port}/a.wmv"/></entry></asx>',
    "reference": "[Reference]\r\nRef1=http://127.0.0.1:{port}/a.wmv\r\nRef2={target}\r\n",
    "rtsptext": "RTSPtextrtsp://127.0.0.1:{port}/a",
    "svg": '<svg xmlns="http://www.w3.org/2000/svg"><image href="{target}"/><image href="http://127.0.0.1:{port}/a"/></svg>',
    "lavfi": "movie={target}",
    "eps": "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n(/etc/hostname) (r) file\n%%EOF\n",
}


# Names of files that mean something else to some program.
ODD_NAMES = (
    *("a\\b.mp4", "x::y.mp4", "http::z.mp4", "foo:x.mp4", "new\nline.mp4", "que?ry.mp4", "hash#.mp4", " .mp4", "-rf.mp4"),
    *(
        "%s%d%03d.mp4",
        "<script>alert(1)<.mp4",
        "\u202egpm.4pm.mp4",
        "a" * 250 + ".mp4",
        "ü.mp4",
        "a.mp4?X-Amz-Signature=f.mp4",
    ),
)


def draw_frames(num_frames: int, seed: int = 0) -> Iterator[np.ndarray]:
    """Yield frames of a disc that moves over a blurred background."""
    rng = np.random.default_rng(seed)
    ground = cv2.resize(rng.integers(0, 255, (8, 14, 3), np.uint8), (WIDTH_PX, HEIGHT_PX))
    for index in range(num_frames):
        frame = ground.copy()
        cv2.circle(frame, (12 + 6 * index, 32), 12, (255, 40, 20), -1)
        yield frame


def write_drawn_video(
    path: Path, num_frames: int = 10, *, tags: dict[str, bytes] | None = None, options: dict[str, str] | None = None
) -> None:
    """Write a video in the container of the path's ending. `tags` may be any bytes."""
    codec, pixel_format = CONTAINERS[path.suffix[1:]]
    with av.open(str(path), "w", metadata_encoding="latin-1", options=options or {}) as container:
        container.metadata.update({name: value.decode("latin-1") for name, value in (tags or {}).items()})
        keyed = {} if codec in ("gif", "wrapped_avframe") else {"g": "3"}  # damage ends at key frames
        stream = container.add_stream(codec, rate=FPS, options=keyed)
        stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, pixel_format
        for frame in draw_frames(num_frames):
            video_frame = av.VideoFrame.from_ndarray(frame, format="rgb24").reformat(format=pixel_format, threads=1)
            container.mux(stream.encode(video_frame))
        container.mux(stream.encode(None))


def build_drawn_image(suffix: str) -> bytes:
    """Return an image in the format of an ending."""
    image = Image.fromarray(next(draw_frames(1)))
    mode = IMAGES[suffix]
    if mode == "LAB":
        image = ImageCms.profileToProfile(
            image, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
        )
    data = BytesIO()
    kind = {"jpg": "JPEG", "tif": "TIFF", "ppm": "PPM"}.get(suffix, suffix.upper())
    image.convert(mode).save(data, kind)
    return data.getvalue()


def flip(data: bytes, rng: random.Random) -> bytes:
    """Change single bits."""
    damaged = bytearray(data)
    for _ in range(rng.choice((1, 4, 16, 64))):
        damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def cut(data: bytes, rng: random.Random) -> bytes:
    """Keep the beginning."""
    return data[: rng.randrange(len(data))]


def drop(data: bytes, rng: random.Random) -> bytes:
    """Leave some bytes out."""
    start = rng.randrange(len(data))
    return data[:start] + data[start + rng.choice((1, 16, 188, 1000)) :]


def insert(data: bytes, rng: random.Random) -> bytes:
    """Put some bytes in."""
    start = rng.randrange(len(data))
    return data[:start] + rng.randbytes(rng.choice((1, 16, 1000))) + data[start:]


def blank(data: bytes, rng: random.Random) -> bytes:
    """Set a stretch to zero, as a copy that broke off does."""
    start = rng.randrange(len(data))
    length = min(rng.choice((16, 200, 4096)), len(data) - start)
    return data[:start] + bytes(length) + data[start + length :]


def repeat(data: bytes, rng: random.Random) -> bytes:
    """Put the file, or a part of it, behind itself."""
    return data + data[rng.randrange(len(data)) :]


def set_atom(data: bytes, rng: random.Random) -> bytes:
    """Give an atom of MP4 and MOV, or any four bytes, an extreme length or number."""
    names = b"moov trak stsz stco stsc stts mvhd tkhd stsd elst mdat dref udta".split()
    places = [place for name in names if (place := data.find(name)) >= 4]
    start = rng.choice(places) + rng.choice((-4, 4, 8, 12, 16, 20)) if places else rng.randrange(max(1, len(data) - 4))
    number = rng.choice((0, 1, 7, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x00FFFFFF, rng.getrandbits(32)))
    return data[:start] + struct.pack(rng.choice((">I", "<I")), number) + data[start + 4 :]


def set_size(data: bytes, rng: random.Random) -> bytes:
    """Give the picture another size, wherever a header says the one that it has."""
    damaged = bytearray(data)
    number = rng.choice((0, 1, 16, 4096, 12_000, 32_767, 65_535))
    for kind in (">H", "<H", ">I", "<I"):
        for length in (WIDTH_PX, HEIGHT_PX):
            place = bytes(damaged).find(struct.pack(kind, length))
            if place >= 0 and rng.random() < 0.5:
                damaged[place : place + struct.calcsize(kind)] = struct.pack(kind, number)
    return bytes(damaged)


def set_text(data: bytes, rng: random.Random) -> bytes:
    """Replace text in the file, such as names of codecs and tags, by bytes that are no UTF-8."""
    start = rng.randrange(len(data))
    return data[:start] + bytes(rng.choice((0xE9, 0xFF, 0xC0, 0x00)) for _ in range(8)) + data[start + 8 :]


DAMAGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    *(flip, cut, drop, insert, blank, repeat, set_atom, set_size, set_text),
)


def build_gif_bomb(side_px: int) -> bytes:
    """Return a GIF of some hundred bytes that says it has side x side pixels."""
    head = b"GIF89a" + struct.pack("<HH", side_px, side_px) + b"\x80\x00\x00" + b"\x00\x00\x00\xff\xff\xff"
    picture = b"\x2c" + struct.pack("<HHHH", 0, 0, side_px, side_px) + b"\x00\x02\x02\x4c\x01\x00"
    return head + 3 * (b"\x21\xf9\x04\x00\x04\x00\x00\x00" + picture) + b"\x3b"


def write_odd_entries(folder: Path, video: bytes) -> None:
    """Add odd names, links and things that are no files to a folder: whatever a file system allows."""
    for name in ODD_NAMES:
        (folder / name).write_bytes(video)
    for name in (b"caf\xe9.mp4", b"\xff\xfe.mp4", b"caf\\xe9.mp4"):
        (folder / os.fsdecode(name)).write_bytes(video)
    (folder / "itself.mp4").symlink_to("itself.mp4")
    (folder / "nothing.mp4").symlink_to("gone.mp4")
    (folder / "parent").symlink_to("..")
    (folder / "here").symlink_to(".")
    os.mkfifo(folder / "pipe.mp4")
    os.mkfifo(folder / "pipe.jpg")
    locked = folder / "locked"
    locked.mkdir()
    (locked / "a.mp4").write_bytes(video)
