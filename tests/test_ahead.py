import threading
from collections.abc import Iterator

import pytest

from ike_ray.ahead import run_ahead, run_beside

PATIENCE_S = 30.0


@pytest.mark.parametrize("num_ahead", [1, 3, 50])
@pytest.mark.parametrize("num_items", [0, 1, 20])
def test_items_come_in_their_order(num_ahead: int, num_items: int) -> None:
    assert list(run_ahead(iter(range(num_items)), num_ahead)) == list(range(num_items))


@pytest.mark.parametrize("num_ahead", [1, 3])
def test_items_are_made_while_the_last_one_is_used_and_no_further(num_ahead: int) -> None:
    made: list[int] = []
    reached = threading.Event()

    def make() -> Iterator[int]:
        for number in range(20):
            made.append(number)
            if number == num_ahead:
                reached.set()
            yield number

    items = run_ahead(make(), num_ahead)
    assert next(items) == 0
    assert reached.wait(PATIENCE_S)  # nobody has asked for these
    assert len(made) == num_ahead + 1
    assert list(items) == list(range(1, 20))


def test_an_error_comes_after_the_items_before_it() -> None:
    def make() -> Iterator[int]:
        yield 1
        raise ValueError("the second")

    items = run_ahead(make(), 3)
    assert next(items) == 1
    with pytest.raises(ValueError, match="the second"):
        next(items)
    assert list(items) == []


def test_who_stops_early_closes_the_source_and_leaves_no_thread() -> None:
    is_closed = threading.Event()
    before = threading.active_count()

    def make() -> Iterator[int]:
        try:
            yield from range(100)
        finally:
            is_closed.set()

    items = run_ahead(make(), 2)
    assert next(items) == 0
    items.close()
    assert is_closed.is_set()
    assert threading.active_count() == before


def test_work_is_done_beside_the_block_and_its_answer_waits() -> None:
    begun, may_end = threading.Event(), threading.Event()

    def work() -> int:
        begun.set()
        assert may_end.wait(PATIENCE_S)
        return 7

    with run_beside(work) as wait:
        assert begun.wait(PATIENCE_S)  # while this block runs
        may_end.set()
        assert wait() == 7
        assert wait() == 7


def test_what_the_work_raises_is_raised_where_its_answer_is_asked_for() -> None:
    def work() -> None:
        raise ValueError("broken")

    with run_beside(work) as wait, pytest.raises(ValueError, match="broken"):
        wait()


def test_a_block_that_fails_leaves_no_thread() -> None:
    before = threading.active_count()
    with pytest.raises(KeyError), run_beside(lambda: 1):
        raise KeyError
    assert threading.active_count() == before
