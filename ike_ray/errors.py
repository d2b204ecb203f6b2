"""What can go wrong, and what a corpus run does about it. The tree *is* the fault policy:

    IkeRayError
    |-- ConfigError        stops before any work starts: the settings, the command or the environment are wrong
    `-- InputError         costs this video its own `failed` row: the bytes, the folder or the dataset are wrong
        `-- ExcludedError  the video is fine but the settings exclude it: a `skipped` row, with the reason

Anything else that reaches the corpus is recorded as a `failed` row with its class and where it was raised.

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
