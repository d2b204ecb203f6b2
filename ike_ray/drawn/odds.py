"""How often scenes have what, for five kinds of scenes. The range that a seed lies in chooses the kind."""

from dataclasses import dataclass

_FIRST_ROUGH_SEED, _FIRST_CLOSE_SEED, _FIRST_FULL_SEED = 1_000_000, 1_200_000, 1_400_000
_FIRST_DEEP_SEED = 1_600_000


@dataclass(frozen=True, kw_only=True)
class SceneOdds:
    """Chances of what is in a scene. Tuples are chances of the choices named beside them."""

    camera_speeds: tuple[float, ...] = (0.25, 0.3, 0.3, 0.15)  # from slow to fast
    num_things: tuple[float, ...] = (0.35, 0.3, 0.2, 0.15)  # 0, 1, 2 or 4 things at rest
    num_restless: tuple[float, ...] = (0.55, 0.35, 0.1)  # 0, 1 or 2 regions of water, leaves or boiling
    far_share: float = 0.7  # the share of things at rest that are not much nearer than the background
    largest_depth: float = 2.5  # the largest depth of the other things at rest
    is_rough: bool = False  # whether waves, leaves and boiling are up to twice as large, and boiling is finer
    close_share: float = 0.5  # the share of objects that are large
    close_sides: tuple[float, float] = (0.35, 1.4)  # the sides of large objects, as multiples of the frame's height
    followed_share: float = 0.35  # the share of objects that the camera follows
    water_share: float = 0.0  # the share of scenes with open water; most of their objects float on it
    fills_square: bool = False  # whether bodies are enlarged until they touch their square
    smoke_shares: tuple[float, float] = (0.08, 0.22)  # the shares of objects that leave smoke, and that leave smoke or spray


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
_FULL = SceneOdds(
    camera_speeds=(0.2, 0.3, 0.3, 0.2),
    num_things=(0.25, 0.3, 0.25, 0.2),
    num_restless=(0.5, 0.35, 0.15),
    far_share=0.6,
    largest_depth=3.0,
    is_rough=True,
    close_share=0.45,
    close_sides=(0.3, 1.6),
    followed_share=0.5,
    water_share=0.5,
    fills_square=True,
    smoke_shares=(0.2, 0.35),
)
_DEEP = SceneOdds(
    camera_speeds=(0.05, 0.25, 0.4, 0.3),
    num_things=(0.05, 0.15, 0.3, 0.5),
    num_restless=_FULL.num_restless,
    far_share=0.25,
    largest_depth=4.0,
    is_rough=True,
    close_share=_FULL.close_share,
    close_sides=_FULL.close_sides,
    followed_share=0.6,
    water_share=0.35,
    fills_square=True,
    smoke_shares=_FULL.smoke_shares,
)


def choose_odds(seed: int) -> SceneOdds:
    """Return the odds of a seed's scene: plain below 1,000,000, rough below 1,200,000, close below 1,400,000, full below
    1,600,000, deep above.

    Rough scenes have more water, leaves and depth, and a faster camera. Close scenes also have objects that fill the frame.
    Full scenes have open water with floating objects, more smoke, and bodies that fill their squares. Deep scenes have poles
    and other things at rest near a fast camera.
    """
    if seed < _FIRST_ROUGH_SEED:
        return _PLAIN
    if seed < _FIRST_CLOSE_SEED:
        return _ROUGH
    if seed < _FIRST_FULL_SEED:
        return _CLOSE
    return _FULL if seed < _FIRST_DEEP_SEED else _DEEP
