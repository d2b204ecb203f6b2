"""An S3 on localhost, and a proxy in front of it that fails on purpose.

A remote bucket may answer 500 or 503, be slow, or drop connections. This proxy does all of that, from a seed.
"""

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.error import URLError
from urllib.request import urlopen

FAULTS = ("500", "503", "slow", "drop", "cut")
_SLOW_S = 1.5


def find_port() -> int:
    """Return a port of this machine that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def read_environment(port: int) -> dict[str, str]:
    """Return what a program needs in its environment to use the S3 at a port of this machine."""
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "AKIALOCALTESTING0001",
        "AWS_SECRET_ACCESS_KEY": "local-secret-that-nobody-may-see",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@contextmanager
def start_s3() -> Iterator[int]:
    """Start a moto server, and yield its port."""
    port = find_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                with urlopen(f"http://127.0.0.1:{port}/moto-api/"):
                    break
            except (URLError, ConnectionError):
                time.sleep(0.1)
        yield port
    finally:
        server.send_signal(signal.SIGKILL)
        server.wait()


@dataclass
class FaultyProxy:
    """A TCP proxy on localhost that makes a share of connections fail in one of `FAULTS`, drawn from a seed."""

    target_port: int
    fault_fraction: float
    seed: int = 0
    faults: Sequence[str] = FAULTS
    port: int = field(default_factory=find_port)
    counts: dict[str, int] = field(default_factory=dict)  # the number of connections by what was done to them

    @contextmanager
    def run(self) -> Iterator["FaultyProxy"]:
        """Serve from a thread inside the `with` block."""
        self._random = random.Random(self.seed)
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        server = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._serve, "127.0.0.1", self.port), loop).result()
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(self._stop(server), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    async def _stop(self, server: asyncio.Server) -> None:
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_faulty = self._random.random() < self.fault_fraction
        fault = self._random.choice(self.faults) if is_faulty else "none"
        self.counts[fault] = self.counts.get(fault, 0) + 1
        try:
            match fault:
                case "drop":
                    return
                case "500" | "503":
                    await reader.read(65536)
                    writer.write(_answer(fault))
                    await writer.drain()
                case _:
                    await self._forward(reader, writer, fault)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the other side went away, as a proxy of faults makes it do
        finally:
            writer.close()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: str) -> None:
        their_reader, their_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        if fault == "slow":
            await asyncio.sleep(_SLOW_S)
        limit = 300 if fault == "cut" else None  # this many bytes of the answer get through
        tasks = [
            asyncio.ensure_future(_pump(reader, their_writer)),
            asyncio.ensure_future(_pump(their_reader, writer, limit)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            their_writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int | None = None) -> None:
    while data := await reader.read(65536):
        writer.write(data if limit is None else data[:limit])
        await writer.drain()
        if limit is not None:
            return


def _answer(status: str) -> bytes:
    code = "InternalError" if status == "500" else "SlowDown"
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>on purpose</Message></Error>".encode()
    lines = (
        f"HTTP/1.1 {status} {code}",
        "Content-Type: application/xml",
        f"Content-Length: {len(body)}",
        "Connection: close",
    )
    return "\r\n".join((*lines, "", "")).encode() + body


@contextmanager
def set_environment(port: int) -> Iterator[None]:
    """Point this process at the S3 of a port."""
    before = dict(os.environ)
    os.environ.update(read_environment(port))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
