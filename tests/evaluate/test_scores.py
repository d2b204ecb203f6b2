import numpy as np
import pytest

from ike_ray.evaluate.scores import SequenceScores, build_mean, build_peak, build_pooled_mean, list_class_means


def build_scores(name: str, class_name: str | None, j: list[float]) -> SequenceScores:
    return SequenceScores(
        name=name,
        class_name=class_name,
        frame_names=tuple(str(index) for index in range(len(j))),
        frames={"j": np.array(j)},
        statistics={("j", "mean"): float(np.mean(j))},
        details=np.zeros((0, 0)),
        num_missing=0,
        failure=None,
    )


def test_means_of_sequences_and_of_classes() -> None:
    assert build_mean("sequences", "j", "mean", [0.2, 0.4, 0.9]).value == pytest.approx(0.5)
    assert build_mean("classes", "j", "mean", [0.2, 0.4, 0.9], ["cat", "cat", "dog"]).value == pytest.approx(0.6)


def test_pooled_means_weigh_what_they_pool() -> None:
    values = [np.array([1.0, 1.0, 0.0]), np.array([0.0]), np.array([1.0])]
    assert build_pooled_mean("frames", "j", "mean", values).value == pytest.approx(3 / 5)
    found = build_pooled_mean("classes", "corloc", "mean", values, ["cat", "cat", "dog"])
    assert found.value == pytest.approx((2 / 4 + 1) / 2)
    assert build_pooled_mean("frames", "j", "recall", [some > 0.5 for some in values]).value == pytest.approx(3 / 5)


def test_a_peak_is_of_the_mean_of_curves() -> None:
    curves = np.zeros((2, 256))
    curves[0, 10], curves[1, 20] = 1.0, 0.5
    assert build_peak("sequences", "f_beta", curves, [1, 1]).value == pytest.approx(0.5)
    assert build_peak("frames", "f_beta", curves, [1, 3]).value == pytest.approx(1.5 / 4)


def test_every_average_has_its_interval_and_its_key() -> None:
    average = build_mean("sequences", "j", "mean", [0.0, 1.0])
    assert average.key == ("sequences", "j", "mean")
    assert average.interval is not None
    assert (average.interval.low, average.interval.high) == (0, 1)
    assert build_mean("classes", "j", "mean", [0.0, 1.0], ["cat", "dog"]).interval is None


def test_class_means_are_in_the_order_of_the_dataset() -> None:
    sequences = [build_scores("a", "dog", [1.0, 0.0]), build_scores("b", "cat", [0.2]), build_scores("c", "dog", [1.0])]
    found = [(entry.name, entry.num_sequences, entry.num_frames, entry.statistics) for entry in list_class_means(sequences)]
    assert found == [("dog", 2, 3, {("j", "mean"): 0.75}), ("cat", 1, 1, {("j", "mean"): 0.2})]
    assert list_class_means([build_scores("a", None, [1.0])]) == []
