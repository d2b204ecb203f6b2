from typing import get_args

import pytest

from ike_ray.datasets.open import DatasetName, read_description
from ike_ray.evaluate.protocols import choose_scoring
from ike_ray.evaluate.published import PUBLISHED, list_published


def test_every_figure_has_its_column() -> None:
    """Figures stand under averages by which systems are compared; none is in percent."""
    for figures in PUBLISHED:
        headline = choose_scoring(read_description(figures.dataset).protocol).headline
        assert figures.values
        for key, value in figures.values.items():
            assert key in headline, figures
            assert 0 < value < 1


def test_some_of_them() -> None:
    found = {figures.system: figures for figures in list_published("davis2016")}
    assert found["CIS"].values == {("sequences", "j", "mean"): 0.703, ("sequences", "f", "mean"): 0.668}
    assert found["RCF"].values == {("frames", "j", "mean"): 0.809}
    assert (found["TokenCut"].supervision, found["HFAN"].supervision) == ("none", "masks")
    assert list(found)[-2:] == ["HFAN", "GSA-Net"]
    assert [figures.values for figures in list_published("ecssd")] == [
        {("sequences", "iou", "mean"): 0.733},
        {("sequences", "iou", "mean"): 0.712},
    ]


@pytest.mark.parametrize("dataset", get_args(DatasetName))
def test_no_system_is_there_twice(dataset: DatasetName) -> None:
    names = [figures.system for figures in list_published(dataset)]
    assert len(set(names)) == len(names)
