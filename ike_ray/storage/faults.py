"""What a storage's errors mean: the video's fault, the environment's, or worth another try."""

import errno
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from aiohttp import ClientError as HttpError
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ProfileNotFound

from ike_ray.errors import ConfigError, IkeRayError, InputError, TransientError

logger = logging.getLogger(__name__)
_Value = TypeVar("_Value")

# Between two tries of a storage: doubled each time, from one second to this.
_LONGEST_PAUSE_S = 30.0


@contextmanager
def translate_faults(uri: str) -> Iterator[None]:
    """Errors of a storage at `uri` as ours: files that are missing or forbidden `InputError`, no credentials
    `ConfigError`, everything else that a storage raises (no answer, errors of a server, a full disk) `TransientError`.
    """
    try:
        yield
    except IkeRayError:
        raise
    except (NoCredentialsError, ProfileNotFound) as error:
        raise ConfigError(f"cannot reach {uri}: {error}. Set the storage's usual environment variables or profile") from error
    except PermissionError as error:
        raise InputError(f"may not use {uri}: {error}. Check permissions and credentials") from error
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        found = "a folder" if isinstance(error, IsADirectoryError) else "nothing"
        raise InputError(f"cannot open {uri}: expected a file, found {found}. Check the path") from error
    except OSError as error:
        if error.errno in (errno.ENAMETOOLONG, errno.EINVAL, errno.ELOOP):
            raise InputError(f"cannot open {uri}: {error}. Check the path") from error
        raise TransientError(f"cannot use {uri} now: {error}. {_advise(error)}") from error
    except (BotoCoreError, ClientError, HttpError) as error:
        raise TransientError(f"cannot use {uri} now: {error}. {_advise(error)}") from error


def _advise(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "Make room on that disk"
    return "Check that the storage answers; what is done is kept, the same command continues"


def keep_trying(function: Callable[[], _Value], patience_s: float) -> _Value:
    """What `function` returns, called again after each `TransientError`, with growing pauses, for `patience_s` seconds.

    Raises the last `TransientError` after that.
    """
    started_s, pause_s = time.monotonic(), 1.0
    while True:
        try:
            return function()
        except TransientError as error:
            if time.monotonic() - started_s + pause_s > patience_s:
                raise
            logger.warning("%s. Trying again in %.0f s", error, pause_s)
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
