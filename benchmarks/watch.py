"""What a program must leave alone: files that must not be opened, and a socket that must hear nothing. Also a web server."""

import ctypes
import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Watch:
    """Lists openings of the files of a folder by inotify, whoever opens them, in whatever process."""

    _OPENED = 0x20 | 0x1  # IN_OPEN, IN_ACCESS
    _IS_FOLDER = 0x40000000  # IN_ISDIR; programs that look through the disk list the folder and read nothing of a file

    def __init__(self, folder: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = libc.inotify_init1(os.O_NONBLOCK)
        if libc.inotify_add_watch(self._descriptor, str(folder).encode(), self._OPENED) < 0:
            raise OSError(ctypes.get_errno(), f"cannot watch {folder}")

    def list_opened(self) -> list[str]:
        """Return the name of a file for each time since the last call that it was opened or read."""
        names = []
        try:
            while data := os.read(self._descriptor, 65536):
                while data:
                    kind, length = struct.unpack_from("4xI4xI", data)
                    if not kind & self._IS_FOLDER:
                        names.append(os.fsdecode(data[16 : 16 + length].rstrip(b"\0")))
                    data = data[16 + length :]
        except BlockingIOError:
            pass
        return names

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *exception: object) -> None:
        os.close(self._descriptor)


class Listener:
    """A socket of this machine that counts who connects."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]

    def count(self) -> int:
        """Return how many connected since the last call."""
        num_visits = 0
        try:
            while True:
                self._socket.accept()[0].close()
                num_visits += 1
        except BlockingIOError:
            return num_visits

    def __enter__(self) -> "Listener":
        return self

    def __exit__(self, *exception: object) -> None:
        self._socket.close()


class _Answers(BaseHTTPRequestHandler):
    """Answers with a video under any name but those that are a status or a playlist."""

    protocol_version = "HTTP/1.1"
    video = b""
    playlist = b""

    def do_HEAD(self) -> None:
        """Answer without a body."""
        self._answer(has_body=False)

    def do_GET(self) -> None:
        """Answer with a body."""
        self._answer(has_body=True)

    def _answer(self, *, has_body: bool) -> None:
        name = Path(self.path.partition("?")[0]).stem
        data = self.playlist if name == "list" else self.video
        self.send_response(int(name) if name.isdecimal() else 200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if has_body:
            self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def serve(video: bytes, playlist: bytes) -> Iterator[int]:
    """Serve a video and a playlist from a web server of this machine. Yield its port."""
    answers = type("Answers", (_Answers,), {"video": video, "playlist": playlist})
    with ThreadingHTTPServer(("127.0.0.1", 0), answers) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()
