import numpy as np
import pytest

from ike_ray.drawn.odds import choose_odds
from ike_ray.drawn.scene import draw_scene


@pytest.mark.parametrize("seed", [0, 1_000_000, 1_200_000, 1_400_000, 1_600_000])
def test_chances_add_up(seed: int) -> None:
    odds = choose_odds(seed)
    assert (len(odds.camera_speeds), len(odds.num_things), len(odds.num_restless)) == (4, 4, 3)
    for chances in (odds.camera_speeds, odds.num_things, odds.num_restless):
        assert sum(chances) == pytest.approx(1)


def test_objects_of_close_scenes_cover_more_of_the_frame() -> None:
    covered = [
        np.mean([(draw_scene(first + seed, num_frames=1, height=48, width=80).opacity > 127).mean() for seed in range(40)])
        for first in (0, 1_200_000)
    ]
    assert covered[1] > 1.5 * covered[0]
