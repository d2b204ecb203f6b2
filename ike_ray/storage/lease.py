"""One driver a run: the file by which a second one sees that the first is alive."""

import json
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil

from ike_ray.errors import ConfigError, TransientError
from ike_ray.storage.faults import keep_trying
from ike_ray.storage.files import is_file, read_bytes, remove_files, write_bytes
from ike_ray.storage.run_folder import RunFolder

logger = logging.getLogger(__name__)

# A driver renews its file this often; one on another machine that has not for `_SILENT_S` is dead.
_RENEW_S = 10.0
_SILENT_S = 45.0


@contextmanager
def hold_run(run: RunFolder, *, patience_s: float, upkeep: Callable[[], None], upkeep_every_s: float) -> Iterator[None]:
    """Keeps other drivers off a run inside the `with` block, calling `upkeep` every so often from a thread.

    A driver of this machine that died is seen at once, one of another machine after 45 seconds of silence. Raises
    `ConfigError` where a living process holds the run. A storage that does not answer for a while is no reason to stop.
    """
    _await_turn(run, patience_s)
    keep_trying(lambda: _renew(run, 0), patience_s)
    stop = threading.Event()
    thread = threading.Thread(target=_keep, args=(run, stop, upkeep, upkeep_every_s), daemon=True, name="upkeep")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        keep_trying(lambda: remove_files([_lease_file(run)]), patience_s)


def read_driver(run: RunFolder) -> dict[str, Any] | None:
    """Host, pid and start of the process that holds the run; None where none does."""
    uri = _lease_file(run)
    return json.loads(read_bytes(uri)) if is_file(uri) else None


def _await_turn(run: RunFolder, patience_s: float) -> None:
    holder = keep_trying(lambda: read_driver(run), patience_s)
    if holder is None or _is_dead_here(holder):
        return
    if holder["host"] != socket.gethostname():
        logger.info("%s was held by a process on %s: waiting %.0f s for a sign of it", run.uri, holder["host"], _SILENT_S)
        deadline_s = time.monotonic() + _SILENT_S
        while time.monotonic() < deadline_s:
            time.sleep(_RENEW_S / 5)
            now = keep_trying(lambda: read_driver(run), patience_s)
            if now != holder:
                holder = now
                break
        else:
            return
    if holder is not None:
        raise ConfigError(
            f"{run.uri} is being worked on by process {holder['pid']} on {holder['host']}. Wait for it or stop it; "
            "`ike-ray status` shows how far it is"
        )


def _is_dead_here(holder: dict[str, Any]) -> bool:
    """Whether the holder was a process of this machine that is gone, even if another has its number now."""
    if holder["host"] != socket.gethostname():
        return False
    if holder["pid"] == os.getpid():
        return True
    try:
        return bool(abs(psutil.Process(holder["pid"]).create_time() - holder["started"]) > 1)
    except psutil.NoSuchProcess:
        return True


def _keep(run: RunFolder, stop: threading.Event, upkeep: Callable[[], None], upkeep_every_s: float) -> None:
    number, done_s = 0, time.monotonic()
    while not stop.wait(_RENEW_S):
        number += 1
        try:
            _renew(run, number)
            if time.monotonic() - done_s >= upkeep_every_s:
                upkeep()
                done_s = time.monotonic()
        except TransientError as error:
            logger.warning("%s. Trying again in %.0f s", error, _RENEW_S)


def _renew(run: RunFolder, number: int) -> None:
    started = psutil.Process().create_time()
    values = {"host": socket.gethostname(), "pid": os.getpid(), "started": started, "renewed": number}
    write_bytes(_lease_file(run), json.dumps(values).encode())


def _lease_file(run: RunFolder) -> str:
    return run.file("driver.json")
