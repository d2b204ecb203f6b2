"""The process that works on items for a worker. It may crash, hang or be killed without harm to anything else.

`supervisor` starts it as a program. It knows nothing of Ray. Whatever an item raises becomes columns of its outcome row.
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

from ike_ray.engine.job import Answer, Item, Loadable, Process
from ike_ray.engine.messages import Alive, Answers, Done, Message, Ready, Retry, Split, Stop, describe_error, hide_in_error
from ike_ray.errors import ConfigError, ExcludedError, IkeRayError, InputError, RunError, TransientError
from ike_ray.storage.credentials import HidingFormatter, hide_credentials

logger = logging.getLogger(__name__)


def serve(connection: Connection) -> None:
    """Load the job that arrives first, and then answer each group of items with a message, until None arrives."""
    job: Loadable = connection.recv()
    try:
        process = job.load()
    except IkeRayError as error:  # of any kind, since no item has been looked at
        connection.send(Stop(hide_in_error(error)))
        return
    connection.send(Ready())
    while True:
        items: list[Item] | None = connection.recv()
        if items is None:
            return
        connection.send(_run(process, items, connection))


def _run(process: Process, items: list[Item], connection: Connection) -> Message:
    try:
        answers: Sequence[Answer | Exception] = process(items, lambda: connection.send(Alive()))
    except (ConfigError, RunError) as error:
        return Stop(hide_in_error(error))
    except Exception as error:  # noqa: BLE001 # the one place: an item costs its own row, never the run
        if len(items) > 1:
            logger.warning("a group of %d failed and is tried one by one: %r", len(items), error)
            return Split(is_damaged=not isinstance(error, IkeRayError))
        answers = [error]
    for answer in answers:
        if isinstance(answer, ConfigError | RunError):
            return Stop(hide_in_error(answer))
    return Answers(tuple(_describe(item, answer) for item, answer in zip(items, answers, strict=True)))


def _describe(item: Item, answer: dict[str, Any] | Exception) -> Done | Retry:
    """Return what the tree of errors says of an answer.

    A process that failed in an unknown way may be damaged. After an error of a GPU, for example, each later call fails too.
    """
    match answer:
        case TransientError():
            return Retry(TransientError(hide_credentials(str(answer))))
        case ExcludedError():
            return Done(describe_error("skipped", type(answer).__name__, str(answer)))
        case Exception():
            logger.warning("%s failed\n%s", item.video_id, hide_credentials("".join(traceback.format_exception(answer))))
            columns = describe_error("failed", type(answer).__name__, _build_message(answer))
            return Done(columns, is_damaged=not isinstance(answer, InputError))
    return Done(answer)


def _build_message(error: Exception) -> str:
    """Return the message. If the error is not ours, say where it was raised: the worker's log may be on a lost machine."""
    message = str(error) or repr(error)
    if isinstance(error, IkeRayError):
        return message
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{message} (in {place.name}, {place.filename}:{place.lineno})"


def _end_with(lifeline: int) -> None:
    """End this process when the worker that started it is gone, because the worker's end of the pipe closes with it."""
    os.read(lifeline, 1)
    os._exit(0)


def main() -> None:
    """Serve. The arguments are the file descriptors of the connection and of the lifeline."""
    faulthandler.enable()
    handler = logging.StreamHandler()
    handler.setFormatter(HidingFormatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    threading.Thread(target=_end_with, args=(int(sys.argv[2]),), daemon=True).start()
    serve(Connection(int(sys.argv[1])))


if __name__ == "__main__":
    main()
