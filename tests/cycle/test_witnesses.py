import numpy as np
import pytest
import torch

from ike_ray.config import Config, FlowConfig, GraphConfig
from ike_ray.cycle import witnesses
from ike_ray.cycle.known import Known
from ike_ray.cycle.witnesses import Witnesses, ask_witnesses, choose_far_gaps
from ike_ray.datasets.synthetic import DrawnClip
from ike_ray.flow.dis import estimate_dis
from ike_ray.graph.motion_cue import build_motion_cue
from ike_ray.graph.walk import ChainWalk, build_chain_walk
from ike_ray.motion.cue import estimate_far_cue, estimate_network_cue
from ike_ray.records import FarFlow


def build_map(*values: float) -> torch.Tensor:
    return torch.tensor([[values]])


def build_pan(num_frames: int, speed_px: float) -> ChainWalk:
    """Everything moves to the right."""
    forward = torch.zeros(num_frames - 1, 24, 32, 2)
    forward[..., 0] = speed_px
    return build_chain_walk(forward, -forward, 7.0)


@pytest.fixture(scope="module")
def drawn_walk(drawn_clip: DrawnClip) -> ChainWalk:
    flow = estimate_dis(drawn_clip.frames)
    return build_chain_walk(torch.from_numpy(flow.forward), torch.from_numpy(flow.backward), 7.0)


def test_the_mix_is_the_geometric_mean() -> None:
    two = Witnesses(motion=build_map(0.25, 1.0, 0.0), learned_motion=build_map(1.0, 0.36, 0.9), saliency=None)
    torch.testing.assert_close(two.mix(), build_map(0.5, 0.6, 0.0))
    three = Witnesses(motion=build_map(0.125), learned_motion=build_map(1.0), saliency=build_map(1.0))
    torch.testing.assert_close(three.mix(), build_map(0.5))
    one = Witnesses(motion=None, learned_motion=build_map(0.3, 0.7), saliency=None)
    torch.testing.assert_close(one.mix(), build_map(0.3, 0.7))


def test_saliency_doubts_and_does_not_deny() -> None:
    """What does not stand out at all counts 0.3: (1 * 1 * 0.3)^(1/3), while motion that is denied stays denied."""
    found = Witnesses(motion=build_map(1.0, 0.0), learned_motion=build_map(1.0, 1.0), saliency=build_map(0.0, 1.0))
    torch.testing.assert_close(found.mix(), build_map(0.3 ** (1 / 3), 0.0))


@pytest.mark.parametrize(
    ("config", "asked"),
    [
        (GraphConfig(cue="motion", saliency_stride=None), {"motion"}),
        (GraphConfig(cue="network", saliency_stride=None), {"learned_motion"}),
        (GraphConfig(cue="both", saliency_stride=None), {"motion", "learned_motion"}),
        (GraphConfig(cue="motion", saliency_stride=6), {"motion", "saliency"}),
        (GraphConfig(cue="both", saliency_stride=6), {"motion", "learned_motion", "saliency"}),
    ],
)
def test_the_settings_choose_who_is_asked(
    drawn_clip: DrawnClip, drawn_walk: ChainWalk, config: GraphConfig, asked: set[str]
) -> None:
    found = ask_witnesses(drawn_walk, drawn_clip.frames, config)
    maps = {name: getattr(found, name) for name in ("motion", "learned_motion", "saliency")}
    assert {name for name, values in maps.items() if values is not None} == asked
    for values in (*(values for values in maps.values() if values is not None), found.mix()):
        assert values.shape == drawn_clip.masks.shape
        assert values.min() >= 0
        assert values.max() <= 1


def test_each_says_what_it_says_alone(drawn_clip: DrawnClip, drawn_walk: ChainWalk) -> None:
    found = ask_witnesses(drawn_walk, drawn_clip.frames, GraphConfig(saliency_stride=None))
    frames = torch.from_numpy(drawn_clip.frames)
    flow = (drawn_walk.forward[..., :2], drawn_walk.backward[..., :2])
    torch.testing.assert_close(found.motion, build_motion_cue(drawn_walk, frames))
    torch.testing.assert_close(found.learned_motion, estimate_network_cue(*flow, frames))
    inside = torch.from_numpy(drawn_clip.masks)
    assert found.mix()[inside].mean() > 5 * found.mix()[~inside].mean()


def build_far_flow(clip: DrawnClip, gap: int) -> FarFlow:
    return FarFlow(gap=gap, flows=tuple(estimate_dis(clip.frames[first::gap]) for first in range(gap)))


def test_the_network_votes_on_several_gaps(drawn_clip: DrawnClip, drawn_walk: ChainWalk) -> None:
    config = GraphConfig(cue="network", saliency_stride=None)
    frames = torch.from_numpy(drawn_clip.frames)
    far_flows = tuple(build_far_flow(drawn_clip, gap) for gap in (2, 4))
    votes = [estimate_network_cue(drawn_walk.forward[..., :2], drawn_walk.backward[..., :2], frames)]
    votes += [estimate_far_cue(far, frames) for far in far_flows]
    two = ask_witnesses(drawn_walk, drawn_clip.frames, config, Known(far_flows=far_flows[:1])).learned_motion
    three = ask_witnesses(drawn_walk, drawn_clip.frames, config, Known(far_flows=far_flows)).learned_motion
    np.testing.assert_allclose(two, np.mean(votes[:2], axis=0), atol=1e-6)
    np.testing.assert_allclose(three, np.median(votes, axis=0), atol=1e-6)


def test_far_flow_is_asked_for_where_it_serves() -> None:
    assert choose_far_gaps(Config(graph=GraphConfig(far_gaps=(3,)))) == (3,)
    assert choose_far_gaps(Config(graph=GraphConfig(cue="motion"))) == ()
    assert choose_far_gaps(Config(flow=FlowConfig(method="files", folder="flow"))) == ()  # files hold that of neighbours


def test_a_stride_carries_saliency_along_chains(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of four frames is asked; the square goes 2 pixels to the right a frame, and what comes in at the left has no
    value."""
    asked: list[int] = []

    def estimate(frame: np.ndarray) -> np.ndarray:
        asked.append(int(frame[0, 0, 0]))
        salient = np.full((24, 32), 0.2, np.float32)
        salient[8:16, 6:14] = 1
        return salient

    monkeypatch.setattr(witnesses, "estimate_saliency", estimate)
    frames = np.broadcast_to(np.arange(4, dtype=np.uint8)[:, None, None, None], (4, 24, 32, 3)).copy()
    found = ask_witnesses(build_pan(4, 2.0), frames, GraphConfig(cue="motion", saliency_stride=4)).saliency
    assert asked == [0]
    assert found is not None
    expected = torch.zeros(4, 24, 32)
    for step in range(4):
        expected[step, :, 2 * step :] = 0.2
        expected[step, 8:16, 6 + 2 * step : 14 + 2 * step] = 1
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)
    asked.clear()
    ask_witnesses(build_pan(4, 2.0), frames, GraphConfig(cue="motion", saliency_stride=2))
    assert asked == [0, 2]


def test_between_two_frames_that_are_asked_the_nearer_one_counts_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of frames 0 and 4 the first is salient on the left and the other on the right; frame 1 is 1 and 3 steps from them."""
    frames = np.broadcast_to(np.arange(5, dtype=np.uint8)[:, None, None, None], (5, 24, 32, 3)).copy()

    def estimate(frame: np.ndarray) -> np.ndarray:
        is_left = np.broadcast_to(np.arange(32) < 16, (24, 32))
        return (is_left if frame[0, 0, 0] == 0 else ~is_left).astype(np.float32)

    monkeypatch.setattr(witnesses, "estimate_saliency", estimate)
    found = ask_witnesses(build_pan(5, 0.0), frames, GraphConfig(cue="motion", saliency_stride=4)).saliency
    assert found is not None
    torch.testing.assert_close(found[1, :, :16], torch.ones(24, 16))  # divided by the frame's largest
    torch.testing.assert_close(found[1, :, 16:], torch.full((24, 16), np.exp(-2 / 7)), check_dtype=False)
    torch.testing.assert_close(found[2], torch.ones(24, 32))


def test_nothing_moves(rng: np.random.Generator) -> None:
    frames = np.broadcast_to(rng.integers(0, 256, (24, 32, 3), np.uint8), (4, 24, 32, 3)).copy()
    for cue in ("motion", "network", "both"):
        assert not ask_witnesses(build_pan(4, 0.0), frames, GraphConfig(cue=cue)).mix().any()


def test_a_single_frame_has_no_motion_and_its_saliency_is_not_asked(rng: np.random.Generator) -> None:
    frames = rng.integers(0, 256, (1, 24, 32, 3), np.uint8)
    found = ask_witnesses(build_pan(1, 0.0), frames, GraphConfig())
    assert found.saliency is None
    assert found.learned_motion is not None
    assert not found.learned_motion.any()
    assert found.mix().shape == (1, 24, 32)
    assert not found.mix().any()
