"""Where commands print, and how the library's log is shown."""

import logging

from rich.console import Console
from rich.logging import RichHandler

from ike_ray.storage.credentials import HidingFormatter

# A log file or a pipe has no width of its own, and tables and messages should not be cut for it.
_LOG_WIDTH = 160


def open_console(*, is_stderr: bool = False) -> Console:
    """Return a console on stdout or stderr that is wide enough if it is no terminal."""
    console = Console(stderr=is_stderr, highlight=False)
    return console if console.is_terminal else Console(stderr=is_stderr, highlight=False, width=_LOG_WIDTH)


def show_log(level: int) -> None:
    """Send this package's log to stderr, without credentials: coloured on a terminal, and in plain lines elsewhere."""
    console = open_console(is_stderr=True)
    if console.is_terminal:
        handler: logging.Handler = RichHandler(console=console, show_path=False)
        handler.setFormatter(HidingFormatter("%(message)s"))
    else:
        handler = logging.StreamHandler()
        handler.setFormatter(HidingFormatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("ike_ray")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(level)
