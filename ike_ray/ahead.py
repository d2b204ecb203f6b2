"""Work that a thread does beside its caller."""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

_Item = TypeVar("_Item")
_END: Any = object()


def run_ahead(items: Iterator[_Item], num_ahead: int) -> Generator[_Item]:
    """Yield the same items. One thread makes them, and holds at most `num_ahead` that were not asked for yet.

    What an item raises is raised where the item is asked for. If the caller stops early, then the item in work is finished,
    and a generator is closed. Close it before what the items are made from is closed.
    """
    executor = ThreadPoolExecutor(1, thread_name_prefix="ahead")
    try:
        waiting = deque(executor.submit(next, items, _END) for _ in range(num_ahead))
        while (item := waiting.popleft().result()) is not _END:
            waiting.append(executor.submit(next, items, _END))
            yield item
    finally:
        executor.shutdown(cancel_futures=True)
        if isinstance(items, Generator):
            items.close()


@contextmanager
def run_beside(work: Callable[[], _Item]) -> Generator[Callable[[], _Item]]:
    """Let a thread do `work` beside the block, which gets a function that waits for the answer.

    That function raises what the work raises. The block does not end before the work does.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="beside") as executor:
        yield executor.submit(work).result
