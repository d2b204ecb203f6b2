"""The process that works on videos for a worker: it may crash, hang or be killed, and costs nobody else anything.

Started by `supervisor` as a program; it knows nothing of Ray. Whatever a video raises becomes columns of its outcome row.
"""

import faulthandler
import logging
import os
import sys
import threading
import traceback
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

from ike_ray.corpus.method import GroupMethod, GroupProcess, Method, load_process
from ike_ray.errors import ConfigError, ExcludedError, IkeRayError, TransientError
from ike_ray.records import VideoRef
from ike_ray.storage.credentials import hide_credentials

logger = logging.getLogger(__name__)


def serve(connection: Connection) -> None:
    """Loads the method that arrives first and then answers each group of videos with a message, until None arrives.

    Messages are pairs: ("ready", None), ("alive", None), ("config", text) for what stops the run, ("done", answers) with a
    pair for each video: ("done", columns) or ("transient", text) for what is worth another try. ("split", is_ours): the
    group as a whole failed, by an error of this package or by another one, and its videos are to be tried one by one.
    """
    method: Method | GroupMethod = connection.recv()
    try:
        process = load_process(method)
    except ConfigError as error:
        connection.send(("config", hide_credentials(str(error))))
        return
    connection.send(("ready", None))
    while True:
        refs: list[VideoRef] | None = connection.recv()
        if refs is None:
            return
        connection.send(_run(process, refs, connection))


def _run(process: GroupProcess, refs: list[VideoRef], connection: Connection) -> tuple[str, Any]:
    try:
        answers: Sequence[dict[str, Any] | Exception] = process(refs, lambda: connection.send(("alive", None)))
    except ConfigError as error:
        return "config", hide_credentials(str(error))
    except Exception as error:  # noqa: BLE001 # the one place: a video costs its own row, never the run
        if len(refs) > 1:
            logger.warning("a group of %d failed, its videos are tried one by one: %r", len(refs), error)
            return "split", isinstance(error, IkeRayError)
        answers = [error]
    return "done", [_describe(ref, answer) for ref, answer in zip(refs, answers, strict=True)]


def _describe(ref: VideoRef, answer: dict[str, Any] | Exception) -> tuple[str, Any]:
    match answer:
        case TransientError():
            return "transient", hide_credentials(str(answer))
        case ExcludedError():
            return "done", _describe_error("skipped", answer)
        case Exception():
            logger.warning("%s failed\n%s", ref.video_id, hide_credentials("".join(traceback.format_exception(answer))))
            return "done", _describe_error("failed", answer)
    return "done", answer


def _describe_error(status: str, error: Exception) -> dict[str, Any]:
    message = str(error) or repr(error)
    if not isinstance(error, IkeRayError):  # not ours: say where, since the worker's log may be on a machine that is gone
        place = traceback.extract_tb(error.__traceback__)[-1]
        message = f"{message} (in {place.name}, {place.filename}:{place.lineno})"
    return {"status": status, "error_type": type(error).__name__, "error_message": hide_credentials(message)}


def _end_with(lifeline: int) -> None:
    """Ends this process when the worker that started it is gone: its end of the pipe closes with it."""
    os.read(lifeline, 1)
    os._exit(0)


def main() -> None:
    """Arguments: the file descriptors of the connection and of the lifeline."""
    faulthandler.enable()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    threading.Thread(target=_end_with, args=(int(sys.argv[2]),), daemon=True).start()
    serve(Connection(int(sys.argv[1])))


if __name__ == "__main__":
    main()
