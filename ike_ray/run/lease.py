"""One driver for a run, and the notes by which a second driver sees that the first is alive.

A driver that takes a run writes RUN/driver/000001.json, the next one 000002.json, and so on. A number is taken by creating
its file, which only one of several drivers can do. The driver of the highest number has the run, until it notes that it has
let go, or is dead.
"""

import json
import logging
import os
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from ike_ray.errors import ConfigError, IkeRayError, InputError, RunError, TransientError
from ike_ray.run.folder import RunFolder
from ike_ray.storage.faults import keep_trying
from ike_ray.storage.files import create_bytes, list_folder, read_bytes, remove_files, write_bytes

logger = logging.getLogger(__name__)

# A driver renews its note this often. A driver on another machine that has not for `_SILENT_S` is dead.
_RENEW_S = 10.0
_SILENT_S = 45.0
# By this signal the upkeep interrupts the main thread. It is not SIGINT, which a program ignores if a script started it in
# the background (`nohup ike-ray segment ... &`).
_LOSS_SIGNAL = signal.SIGUSR1
# The runs that this process has now, by their tokens, since its number alone does not tell two of its threads apart.
_held: set[str] = set()


@dataclass(kw_only=True)
class Hold:
    """A run in the hands of this process."""

    run: RunFolder
    number: int
    note: dict[str, Any]
    is_main: bool  # whether the main thread has it, which a signal can interrupt
    stop: threading.Event = field(default_factory=threading.Event)
    lost: RunError | None = None  # why the run is no longer in our hands

    def check(self) -> None:
        """Raise `RunError` if the run is no longer in our hands."""
        if self.lost is not None:
            raise self.lost


@contextmanager
def hold_run(run: RunFolder, *, patience_s: float, upkeep: Callable[[], None], upkeep_every_s: float) -> Iterator[Hold]:
    """Keep other drivers off a run inside the `with` block, and call `upkeep` every so often from a thread.

    A dead driver of this machine is seen at once, and one of another machine or container after 45 seconds of silence. Raises
    `ConfigError` if a living process has the run. A storage that does not answer for a while is no reason to stop. If the
    folder is deleted meanwhile, or another driver takes it over because it has seen no sign of this one, the block is
    interrupted if it runs in the main thread, and `RunError` is raised.
    """
    hold = _take(run, patience_s)
    thread = threading.Thread(target=_keep, args=(hold, upkeep, upkeep_every_s), daemon=True, name="upkeep")
    before = signal.signal(_LOSS_SIGNAL, _interrupt) if hold.is_main else None
    thread.start()
    try:
        yield hold
    except BaseException as error:
        if hold.lost is None:
            raise
        raise hold.lost from error  # an interrupt may have become any error; Ray makes it a SystemExit
    finally:
        hold.stop.set()
        thread.join()
        if hold.is_main:
            signal.signal(_LOSS_SIGNAL, before or signal.SIG_DFL)
        _held.discard(hold.note["token"])
        if hold.lost is None:
            keep_trying(lambda: _release(hold), patience_s)
    hold.check()


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def read_driver(run: RunFolder) -> dict[str, Any] | None:
    """Return host, pid and start of the process that has the run, or None if none has it."""
    return _read_last(run)[1]


def _take(run: RunFolder, patience_s: float) -> Hold:
    """Take the next number of a run that nobody has. Raises `ConfigError` if somebody has it."""
    started = _read_start(os.getpid())
    note = {"host": socket.gethostname(), "pid": os.getpid(), "started": started, "place": _read_place()}
    is_main = threading.current_thread() is threading.main_thread()
    hold = Hold(run=run, number=0, note=note | {"token": uuid.uuid4().hex, "renewed": 0}, is_main=is_main)
    _held.add(hold.note["token"])
    try:
        while not _is_taken(hold, patience_s):
            hold.number = _await_turn(run, patience_s) + 1
    except BaseException:
        _held.discard(hold.note["token"])
        raise
    with suppress(TransientError):  # old notes are in nobody's way
        remove_files([_note_file(run, number) for number in _list_numbers(run) if number < hold.number])
    return hold


def _is_taken(hold: Hold, patience_s: float) -> bool:
    """Try to create the note of `hold.number`, and return whether it is ours and the highest."""
    if hold.number == 0:
        return False
    uri = _note_file(hold.run, hold.number)
    keep_trying(lambda: create_bytes(uri, json.dumps(hold.note).encode()), patience_s)
    # The note says whose it is, if the answer was lost or the storage does not know conditions.
    is_ours = keep_trying(lambda: _is_own(hold), patience_s)
    if is_ours and keep_trying(lambda: _read_number(hold.run), patience_s) != hold.number:
        keep_trying(lambda: remove_files([uri]), patience_s)  # another driver was further than we knew
        return False
    return is_ours


def _await_turn(run: RunFolder, patience_s: float) -> int:
    """Return the highest number of a run that nobody has. Raises `ConfigError` if somebody has it.

    A driver takes the number after this one and no other. If another was faster, it has that number and is alive.
    """
    number, holder = keep_trying(lambda: _read_last(run), patience_s)
    if holder is None or _is_dead_here(holder):
        return number
    if _is_dead_here(holder) is None:
        logger.info("%s was held by a process on %s: waiting %.0f s for a sign of it", run.uri, holder.get("host"), _SILENT_S)
        deadline_s, seen = time.monotonic() + _SILENT_S, (number, holder)
        while (number, holder) == seen:
            if time.monotonic() > deadline_s:
                return number
            time.sleep(_RENEW_S / 5)
            number, holder = keep_trying(lambda: _read_last(run), patience_s)
        if holder is None:
            return number
    raise ConfigError(
        f"{run.uri} is being worked on by process {holder.get('pid')} on {holder.get('host')}: expected a run that nobody "
        "works on. Wait for that process or stop it; `ike-ray status` shows how far it is"
    )


def _read_last(run: RunFolder) -> tuple[int, dict[str, Any] | None]:
    """Return the highest number of a run, and the note of the driver that has it, or None if none has it."""
    number = _read_number(run)
    note = _read_note(run, number) if number else None
    return number, None if note is None or note.get("released") else note


def _is_dead_here(holder: dict[str, Any]) -> bool | None:
    """Return whether the holder was a process that is gone, even if another process has its number now.

    Return None if it cannot be seen from here: on another machine, or in another container of this machine, even one with
    the same host name.
    """
    if holder.get("place") != _read_place():
        return None
    if holder.get("pid") == os.getpid():
        return holder.get("token") not in _held
    return _read_start(holder["pid"]) != holder.get("started")


def _read_place() -> str:
    """Return the machine's boot and its namespace of process numbers, within which a number means the same process."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:  # outside Linux, containers are machines of their own
        return f"{socket.gethostname()} {psutil.boot_time():.0f}"


def _read_start(pid: int) -> float | None:
    """Return when a living process started, in a unit of its machine, or None for a process that is gone or a zombie."""
    try:
        process = psutil.Process(pid)
        if process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            return None
        stat = Path(f"/proc/{pid}/stat")
        # The unit is ticks since the machine started, because the time of day moves with the clock.
        return float(stat.read_text().rpartition(")")[2].split()[19]) if stat.exists() else process.create_time()
    except (psutil.Error, OSError):
        return None


def _keep(hold: Hold, upkeep: Callable[[], None], upkeep_every_s: float) -> None:
    done_s = time.monotonic()
    while not hold.stop.wait(_RENEW_S):
        try:
            hold.lost = _renew(hold)
            if hold.lost is not None:
                logger.error("%s", hold.lost)
                if hold.is_main and not hold.stop.is_set():  # it may wait for hours for the next outcome
                    signal.pthread_kill(threading.main_thread().ident or 0, _LOSS_SIGNAL)
                return
            if time.monotonic() - done_s >= upkeep_every_s:
                upkeep()
                done_s = time.monotonic()
        except TransientError as error:
            logger.warning("%s. Trying again in %.0f s", error, _RENEW_S)
        except IkeRayError:  # the upkeep failed; it is done once more at the end, and the run is held until then
            logger.exception("the upkeep of %s failed", hold.run.uri)
            done_s = time.monotonic()


def _renew(hold: Hold) -> RunError | None:
    """Write a sign of life. If the run is no longer ours, return why."""
    number = _read_number(hold.run)
    if number > hold.number:
        return RunError(
            f"lost the run {hold.run.uri}: expected to be its only driver, found another one, which saw no sign of this one "
            f"for {_SILENT_S:.0f} s. Nothing is lost: wait for the other one, or stop it and give the same command again"
        )
    if not _is_own(hold):
        return RunError(
            f"lost the run {hold.run.uri}: expected the note of this driver in it, found none. Was the folder deleted? Give "
            "the same command again"
        )
    hold.note["renewed"] += 1
    write_bytes(_note_file(hold.run, hold.number), json.dumps(hold.note).encode())
    return None


def _release(hold: Hold) -> None:
    if _is_own(hold):
        write_bytes(_note_file(hold.run, hold.number), json.dumps(hold.note | {"released": True}).encode())


def _is_own(hold: Hold) -> bool:
    note = _read_note(hold.run, hold.number)
    return note is not None and note.get("token") == hold.note["token"]


def _read_note(run: RunFolder, number: int) -> dict[str, Any] | None:
    """Return what a driver wrote, {} if no driver wrote it, and None if there is nothing."""
    try:
        note = json.loads(read_bytes(_note_file(run, number)))
    except InputError:
        return None
    except ValueError:
        return {}
    return note if isinstance(note, dict) else {}


def _read_number(run: RunFolder) -> int:
    """Return the highest number that was taken, or zero."""
    return max(_list_numbers(run), default=0)


def _list_numbers(run: RunFolder) -> list[int]:
    names = [uri.rpartition("/")[2].removesuffix(".json") for uri in list_folder(run.file("driver"))]
    return [int(name) for name in names if name.isdecimal()]


def _note_file(run: RunFolder, number: int) -> str:
    return run.file("driver", f"{number:06d}.json")
