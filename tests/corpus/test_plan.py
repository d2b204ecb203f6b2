import numpy as np
import pytest

from ike_ray.corpus.plan import choose_sample, estimate_totals
from ike_ray.records import VideoRef


def test_a_uniform_corpus_has_no_spread() -> None:
    totals = estimate_totals(np.full(3, 10.0), np.full(3, 20.0), np.full(3, 1e7), np.full(5, 10.0), 180)
    assert (totals["frames"].low, totals["frames"].middle, totals["frames"].high) == (1800, 1800, 1800)
    assert totals["worker_hours"].middle == pytest.approx(1.0)
    assert totals["storage_gb"].high == pytest.approx(1.8)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """Two hundred corpora with videos of 10 to 100 frames and a speed that varies by a third."""
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(200):
        frames = rng.integers(10, 100, 400).astype(float)
        seconds = frames * rng.uniform(0.7, 1.3, 400)
        sample, counted = rng.permutation(400)[:20], rng.permutation(400)[:100]
        hours = estimate_totals(frames[sample], seconds[sample], frames[sample], frames[counted], 400)["worker_hours"]
        hits += hours.low <= seconds.sum() / 3600 <= hours.high
    assert 160 <= hits <= 198


def test_a_sample_is_drawn_once_and_keeps_its_order() -> None:
    refs = [VideoRef(video_id=str(i), uri=str(i)) for i in range(30)]
    chosen = choose_sample(refs, 7, 0)
    assert chosen == choose_sample(refs, 7, 0) != choose_sample(refs, 7, 1)
    assert len({ref.video_id for ref in chosen}) == 7
    assert chosen == sorted(chosen, key=lambda ref: int(ref.video_id))
    assert choose_sample(refs, 99, 0) == refs
