"""Compiled loops that are divided among threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


def run_threads(work: Callable[[int], None], num_threads: int) -> None:
    """Call `work` with 0 ... num_threads - 1 at once. It has to let go of Python's lock, as compiled loops do."""
    if num_threads == 1:
        work(0)
        return
    with ThreadPoolExecutor(num_threads - 1) as pool:
        others = [pool.submit(work, thread) for thread in range(1, num_threads)]
        work(0)  # in this thread, which would keep a core from the others for a while if it only waited
        for other in others:
            other.result()


def list_share(num: int, part: int, num_parts: int) -> tuple[int, int]:
    """Return the first and the end of a part of `num` things."""
    return part * num // num_parts, (part + 1) * num // num_parts
