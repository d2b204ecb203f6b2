"""What can go wrong, and what a corpus run does about it. The tree *is* the fault policy:

    IkeRayError
    |-- ConfigError        stops before any work starts: the settings, the command or the environment are wrong
    |-- InputError         costs this video its own `failed` row: the bytes, the folder or the dataset are wrong
    |   `-- ExcludedError  the video is fine but the settings exclude it: a `skipped` row, with the reason
    `-- TransientError     worth another try: storage or a worker was unavailable for a moment

Anything else that reaches the corpus is a bug of ours and is recorded as one, with its class.

A message has four parts: what failed, on which video or path, what was expected against what was found, and what to try.
"""


class IkeRayError(Exception):
    """Base of every error that this package raises on purpose."""


class ConfigError(IkeRayError, ValueError):
    """The settings, the command or the installation are wrong: nothing has been computed."""


class InputError(IkeRayError, ValueError):
    """A video, a mask folder, a flow file or a dataset is not what it should be."""


class ExcludedError(InputError):
    """A readable video that the settings leave out, for example because it is too long."""


class TransientError(IkeRayError, OSError):
    """Something outside the video failed that may work the next time."""
