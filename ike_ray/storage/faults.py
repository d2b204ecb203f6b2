"""What the errors of a storage mean: the video's fault, the environment's fault, or something worth another try."""

import errno
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from aiohttp import ClientError as HttpError
from aiohttp import ClientResponseError, InvalidURL
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ProfileNotFound

from ike_ray.errors import IkeRayError, InputError, RunError, TransientError
from ike_ray.storage.credentials import hide_credentials

logger = logging.getLogger(__name__)
_Value = TypeVar("_Value")

# The pause between two tries of a storage doubles each time, from one second to this.
_LONGEST_PAUSE_S = 30.0
_ADVICE = "Check that the storage answers; what is done is kept, the same command continues"
# These answers of a web server mean "not now". After the others, asking again is of no use.
_LATER = {408, 425, 429, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524}
_MISSING = {404, 410}
_REFUSED = {401, 402, 403, 407, 451}


@contextmanager
def translate_faults(uri: str) -> Iterator[None]:
    """Raise the errors of a storage at `uri` as ours, without the credentials that they may hold.

    A file that is missing or forbidden, or for which there are no credentials, is an `InputError`, and everything else that a
    storage raises (no answer, a busy server, a full disk) is a `TransientError`.
    """
    try:
        yield
    except IkeRayError:
        raise
    except (OSError, BotoCoreError, ClientError, HttpError) as error:
        cause = error.__cause__
        # fsspec says that the file is missing if a server does not hand it out. What the server answered is the cause.
        is_other = isinstance(error, FileNotFoundError) and isinstance(cause, OSError | HttpError)
        kind, text = _translate(cause if is_other and isinstance(cause, Exception) else error, uri)
        raise kind(hide_credentials(text)) from error


def is_missing(error: Exception) -> bool:
    """Return whether a `FileNotFoundError` or `NotADirectoryError` of fsspec says that nothing is there.

    fsspec also raises them if a server gave another answer, or none.
    """
    cause = error.__cause__
    if isinstance(cause, ClientResponseError):
        return cause.status in _MISSING
    return not isinstance(cause, HttpError | TimeoutError)


def has_no_credentials(error: InputError) -> bool:
    """Return whether `translate_faults` made the error from credentials that are nowhere to be found."""
    return isinstance(error.__cause__, NoCredentialsError | ProfileNotFound)


def _translate(error: Exception, uri: str) -> tuple[type[IkeRayError], str]:
    """Return the class and the message that an error becomes."""
    kind: type[IkeRayError] = InputError
    match error:
        case ClientResponseError():
            kind, text = _translate_answer(error, uri)
        case NoCredentialsError() | ProfileNotFound():
            text = f"cannot reach {uri}: {error}. Set the storage's usual environment variables or profile"
        case InvalidURL():
            text = f"cannot open {uri}: expected the address of a file, found one that is malformed. Correct it"
        case PermissionError():
            text = f"may not use {uri}: {error}. Check permissions and credentials"
        case FileNotFoundError() | NotADirectoryError():
            text = f"cannot open {uri}: expected a file, found nothing. Check the path"
        case IsADirectoryError():
            text = f"cannot open {uri}: expected a file, found a folder. Check the path"
        case OSError(errno=errno.ENAMETOOLONG | errno.EINVAL | errno.ELOOP):
            text = f"cannot open {uri}: expected a file, found {error}. Check the path"
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            kind, text = TransientError, f"cannot use {uri} now: {error}. Make room on that disk"
        case _:
            kind, text = TransientError, f"cannot use {uri} now: {error}. {_ADVICE}"
    return kind, text


def _translate_answer(error: ClientResponseError, uri: str) -> tuple[type[IkeRayError], str]:
    """Return the same for what a web server answered. Its own words are left out: they name the URL with all that signs
    it."""
    answer = f"the server answers {error.status} {error.message}".rstrip()
    if error.status in _LATER:
        return TransientError, f"cannot use {uri} now: {answer}. {_ADVICE}"
    if error.status in _REFUSED:
        return InputError, f"may not use {uri}: {answer}. Check credentials: a presigned URL is valid for some time only"
    found = "nothing" if error.status in _MISSING else "none"
    return InputError, f"cannot open {uri}: expected a file, found {found}: {answer}. Check the address"


def keep_trying(function: Callable[[], _Value], patience_s: float) -> _Value:
    """Return what `function` returns, and call it again after each `TransientError`, for `patience_s` seconds.

    The pauses grow. After the last try its `TransientError` is raised.
    """
    started_s, pause_s = time.monotonic(), 1.0
    while True:
        try:
            return function()
        except RunError:
            raise  # this was tried long enough
        except TransientError as error:
            if time.monotonic() - started_s + pause_s > patience_s:
                raise
            logger.warning("%s. Trying again in %.0f s", error, pause_s)
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
