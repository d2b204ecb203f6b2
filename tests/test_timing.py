import time

from ike_ray.timing import Stopwatch


def test_a_stage_inside_another_pauses_the_outer() -> None:
    stopwatch = Stopwatch()
    started = time.perf_counter()
    with stopwatch.measure("write"):
        time.sleep(0.02)
        for _ in stopwatch.measure_iterator("refine", (time.sleep(0.03) for _ in range(3))):
            time.sleep(0.01)
    passed = time.perf_counter() - started
    assert stopwatch.seconds["refine"] >= 0.09
    assert 0.05 <= stopwatch.seconds["write"] <= passed - 0.09
    assert sum(stopwatch.seconds.values()) <= passed
