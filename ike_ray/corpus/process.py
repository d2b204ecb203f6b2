"""The process that works on videos for a worker: it may crash, hang or be killed, and costs nobody else anything.

Started by `supervisor` as a program; it knows nothing of Ray. Whatever a video raises becomes columns of its outcome row.
"""

import faulthandler
import logging
import os
import sys
import threading
import traceback
from multiprocessing.connection import Connection
from typing import Any

from ike_ray.corpus.method import Method, Process
from ike_ray.errors import ConfigError, ExcludedError, IkeRayError, TransientError
from ike_ray.records import VideoRef
from ike_ray.storage.credentials import hide_credentials

logger = logging.getLogger(__name__)


def serve(connection: Connection) -> None:
    """Loads the method that arrives first and then answers each video with a message, until None arrives.

    Messages are pairs: ("ready", None), ("alive", None), ("done", columns), ("transient", text) for what is worth another
    try, ("config", text) for what stops the run.
    """
    method: Method = connection.recv()
    try:
        process = method.load()
    except ConfigError as error:
        connection.send(("config", hide_credentials(str(error))))
        return
    connection.send(("ready", None))
    while True:
        ref: VideoRef | None = connection.recv()
        if ref is None:
            return
        connection.send(_run(process, ref, connection))


def _run(process: Process, ref: VideoRef, connection: Connection) -> tuple[str, Any]:
    try:
        return "done", process(ref, lambda: connection.send(("alive", None)))
    except ConfigError as error:
        return "config", hide_credentials(str(error))
    except TransientError as error:
        return "transient", hide_credentials(str(error))
    except ExcludedError as error:
        return "done", _describe_error("skipped", error)
    except Exception as error:  # noqa: BLE001 # the one place: a video costs its own row, never the run
        logger.warning("%s failed\n%s", ref.video_id, hide_credentials(traceback.format_exc()))
        return "done", _describe_error("failed", error)


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
