"""How often what is drawn: three kinds of scenes, chosen by the range that a seed lies in."""

from dataclasses import dataclass

_FIRST_ROUGH_SEED, _FIRST_CLOSE_SEED = 1_000_000, 1_200_000


@dataclass(frozen=True, kw_only=True)
class SceneOdds:
    """Chances of what is in a scene. Tuples are chances of the choices named beside them."""

    camera_speeds: tuple[float, ...] = (0.25, 0.3, 0.3, 0.15)  # from slow to fast
    num_things: tuple[float, ...] = (0.35, 0.3, 0.2, 0.15)  # 0, 1, 2 or 4 things at rest
    num_restless: tuple[float, ...] = (0.55, 0.35, 0.1)  # 0, 1 or 2 regions of water, leaves or boiling
    far_share: float = 0.7  # of things at rest that are not much nearer than the background
    largest_depth: float = 2.5  # of the others
    is_rough: bool = False  # waves, leaves and boiling are up to twice as large, and boiling is finer
    close_share: float = 0.5  # of objects that are large
    close_sides: tuple[float, float] = (0.35, 1.4)  # their sides, as multiples of the frame's height
    followed_share: float = 0.35  # of objects that the camera follows


_PLAIN = SceneOdds()
_ROUGH = SceneOdds(
    camera_speeds=(0.15, 0.25, 0.35, 0.25),
    num_things=(0.15, 0.3, 0.25, 0.3),
    num_restless=(0.3, 0.45, 0.25),
    far_share=0.5,
    largest_depth=3.0,
    is_rough=True,
)
_CLOSE = SceneOdds(
    camera_speeds=_ROUGH.camera_speeds,
    num_things=_ROUGH.num_things,
    num_restless=_ROUGH.num_restless,
    far_share=_ROUGH.far_share,
    largest_depth=_ROUGH.largest_depth,
    is_rough=True,
    close_share=0.75,
    close_sides=(0.6, 2.4),
    followed_share=0.5,
)


def choose_odds(seed: int) -> SceneOdds:
    """Return the odds of a seed's scene: plain below 1,000,000, rough below 1,200,000, and close from there on.

    Rough scenes have more water, leaves and depth, and a faster camera. Close ones also have objects that fill the frame.
    """
    if seed < _FIRST_ROUGH_SEED:
        return _PLAIN
    return _ROUGH if seed < _FIRST_CLOSE_SEED else _CLOSE
