"""Open a video file with FFmpeg. Only containers that hold their own frames are read, and nothing but that one file."""

from io import IOBase

import av
from av.container import InputContainer

from ike_ray.errors import InputError
from ike_ray.storage.faults import translate_faults
from ike_ray.storage.files import is_local, read_path

# FFmpeg's names of the demuxers that may read a file. Others open what a file names: playlists (hls, concat), descriptions of
# streams (sdp, rtsp), numbered images (image2) and filter graphs (lavfi). Those are left out, and so are formats of games and
# of test equipment, which hardly anybody has tried to break.
FORMATS = (
    *("mov", "matroska", "avi", "mpegts", "mpeg", "mpegvideo", "m4v", "gif", "apng", "asf", "asf_o", "flv", "ogg", "mxf"),
    *("yuv4mpegpipe", "nut", "ivf", "dv", "rm", "wtv", "gxf", "h261", "h263", "h264", "hevc", "vvc", "av1", "obu", "mjpeg"),
)
# How files begin that name other files or streams.
_POINTERS = {
    b"#EXTM3U": "a playlist",
    b"[playlist]": "a playlist",
    b"ffconcat": "a list of files for FFmpeg",
    b"v=0": "the description of a stream",
    b"<": "XML, such as the description of a stream",
}


def open_container(uri: str, stream: IOBase) -> InputContainer:
    """Open the video at `uri`, whose bytes `stream` has as well. Tags that are not UTF-8 are no obstacle.

    Raises `InputError` if FFmpeg does not know the file, or if the file is none of `FORMATS`.
    """
    # FFmpeg reads a local file faster by its path. It may open nothing but files, and for a stream nothing at all.
    target, protocol = (read_path(uri), "file") if is_local(uri) else (stream, "none")
    options = {"format_whitelist": ",".join(FORMATS), "protocol_whitelist": protocol}
    with translate_faults(uri):  # a stream may come over a network
        try:
            return av.open(target, "r", options=options, metadata_errors="replace")
        except av.error.FFmpegError as error:
            raise InputError(
                f"cannot read {uri}: expected a video that FFmpeg decodes, found {_describe(error, stream)}. Try `ffprobe` "
                "on it, or convert it to MP4. Of a playlist, name the videos in a manifest"
            ) from error


def _describe(error: av.error.FFmpegError, stream: IOBase) -> str:
    """Return what a file is instead of a video."""
    stream.seek(0)
    head = stream.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
    for beginning, kind in _POINTERS.items():
        if head.startswith(beginning):
            return f"{kind}, which leads to other places and is not followed"
    # This is FFmpeg's word for a demuxer that is not on the list.
    is_other_format = isinstance(error, av.error.ArgumentError)
    return "a format that is not read here, or a broken file" if is_other_format else str(error.strerror)
