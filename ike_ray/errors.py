"""What can go wrong, and what a corpus run does about it. The tree *is* the fault policy:

    IkeRayError
    |-- ConfigError            stops before any work starts: the settings, the command or the environment are wrong
    |-- InputError             costs this video its own `failed` row: the bytes, the folder or the dataset are wrong
    |   `-- ExcludedError      the video is fine but the settings exclude it: a `skipped` row, with the reason
    |-- TransientError         a storage failed: it is tried again for `workers.patience_s` seconds, then a `failed` row
    |   `-- RunError           the storage of the run's folder failed: the run stops, and the same command continues it
    `-- WorkerError            the video's process is gone: it is tried again in a new one, then a `failed` row
        |-- CrashError         it died by its own fault, such as a segmentation fault: `workers.max_tries` tries
        |-- MemoryLimitError   it took more memory than its share, or the kernel killed it for that: `workers.max_tries`.
        |                      Its GPU has too little memory for half a window: a `failed` row
        |-- TimeLimitError     it gave no sign of life for `workers.time_limit_s`: `workers.max_tries`
        `-- LostError          it was killed from outside, or with its machine: `workers.max_losses`

Anything else that reaches the corpus is recorded as a `failed` row with its class and where it was raised.

A message has four parts: what failed, on which video or path, what was expected against what was found, and what to try.
"""


class IkeRayError(Exception):
    """The base of every error that this package raises on purpose."""


class ConfigError(IkeRayError, ValueError):
    """The settings, the command or the installation are wrong, and nothing has been computed."""


class InputError(IkeRayError, ValueError):
    """A video, a mask folder, a flow file or a dataset is not what it should be."""


class ExcludedError(InputError):
    """A readable video that the settings leave out, for example because it is too long."""


class TransientError(IkeRayError, OSError):
    """A disk is full or a storage does not answer. The same may work later."""


class RunError(TransientError):
    """The run's folder could not be written for as long as it was tried. No video is at fault, so the whole run stops."""


class WorkerError(IkeRayError, RuntimeError):
    """The process that worked on a video is gone, or was stopped for what it did."""


class CrashError(WorkerError):
    """The process died of a signal that its own code raised, or exited."""


class MemoryLimitError(WorkerError):
    """The process took more memory than its share of the machine, or its GPU has too little for half a window."""


class TimeLimitError(WorkerError):
    """The process gave no sign of life for too long."""


class LostError(WorkerError):
    """The process was killed from outside, or its machine or the whole run was."""
