import threading

import pytest

from ike_ray.graph.published.threads import list_share, run_threads


@pytest.mark.parametrize(("num", "num_parts"), [(0, 1), (1, 1), (7, 3), (2, 4)])
def test_shares_follow_each_other_without_gap(num: int, num_parts: int) -> None:
    shares = [list_share(num, part, num_parts) for part in range(num_parts)]
    assert [index for share in shares for index in range(*share)] == list(range(num))


def test_all_parts_run_at_once() -> None:
    barrier, done = threading.Barrier(3, timeout=10), []

    def work(part: int) -> None:
        barrier.wait()
        done.append(part)

    run_threads(work, 3)
    assert sorted(done) == [0, 1, 2]


@pytest.mark.parametrize("bad", [0, 1])
def test_an_error_in_any_part_is_raised(bad: int) -> None:
    def work(part: int) -> None:
        if part == bad:
            raise ValueError(part)

    with pytest.raises(ValueError, match=str(bad)):
        run_threads(work, 2)
