from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from ike_ray.config import Config, CycleConfig, RefineConfig
from ike_ray.cycle.known import CarriedOver, Known
from ike_ray.cycle.modules import GraphModule
from ike_ray.cycle.run import CycleMaps, CycleResult, run_cycles
from ike_ray.datasets.synthetic import DrawnClip, draw_clip
from ike_ray.drawn.scene import draw_scene
from ike_ray.flow.dis import estimate_dis
from ike_ray.graph import solve
from ike_ray.metrics.jaccard import evaluate_jaccard
from ike_ray.refine.clip_sharpening import sharpen_clip
from ike_ray.refine.feature_model import PatchFeatures
from ike_ray.settings import read_config
from ike_ray.timing import Stopwatch


def run(
    frames: np.ndarray,
    config: Config,
    watch: Callable[[CycleMaps], None] = lambda maps: None,
    carried: CarriedOver | None = None,
    features: PatchFeatures | None = None,
) -> CycleResult:
    flow = estimate_dis(frames)
    known = Known(carried=carried, features=features)
    return run_cycles(frames, flow, config, device=torch.device("cpu"), stopwatch=Stopwatch(), watch=watch, known=known)


def test_two_cycles_find_a_drawn_object() -> None:
    clip = draw_clip(3, num_frames=8, height=72, width=112)
    config = read_config("network: {num_steps: 40}\ncycle: {max_cycles: 2, stop_iou: 2}")
    seen: list[CycleMaps] = []
    result = run(clip.frames, config, seen.append)
    assert evaluate_jaccard(result.last.answer > result.last.threshold, clip.masks).mean() > 0.9
    assert [record.cycle for record in result.history] == [maps.record.cycle for maps in seen] == [1, 2]
    assert result.history[0].mask_iou is None
    assert 0 <= (result.history[1].mask_iou or -1) <= 1


def test_the_same_inputs_give_the_same_masks(drawn_clip: DrawnClip, small_config: Config) -> None:
    first, again = (run(drawn_clip.frames, small_config).last for _ in range(2))
    np.testing.assert_array_equal(first.answer, again.answer)
    np.testing.assert_array_equal(first.network_map, again.network_map)
    other = run(drawn_clip.frames, replace(small_config, seed=1)).last
    assert not np.array_equal(first.network_map, other.network_map)


def test_agreement_stops_the_cycles(drawn_clip: DrawnClip, small_config: Config) -> None:
    easily = replace(small_config, cycle=CycleConfig(max_cycles=9, stop_iou=0.01))
    never = replace(small_config, cycle=CycleConfig(max_cycles=3, stop_iou=2))
    assert [run(drawn_clip.frames, config).is_converged for config in (easily, never)] == [True, False]
    assert len(run(drawn_clip.frames, easily).history) == 2
    assert len(run(drawn_clip.frames, never).history) == 3


def test_without_cycles_the_sharpened_graph_is_the_answer() -> None:
    clip = draw_clip(3, num_frames=8, height=72, width=112)
    seen: list[CycleMaps] = []
    result = run(clip.frames, Config(), seen.append)
    maps = result.last
    assert seen == [maps]
    assert evaluate_jaccard(maps.answer > maps.threshold, clip.masks).mean() > 0.9
    np.testing.assert_array_equal(maps.answer, maps.labels)
    assert not np.array_equal(maps.labels, maps.graph)
    assert (maps.network_map, result.network, result.is_converged) == (None, None, True)
    assert result.history == (maps.record,)
    record = maps.record
    assert (record.cycle, record.mask_iou, record.graph_network_iou, record.network_s) == (0, None, None, 0.0)
    assert record.area_fraction == pytest.approx((maps.answer > maps.threshold).mean())
    assert record.confidence == pytest.approx(maps.confidences.mean())


def test_without_cycles_the_graph_hears_twice_what_colours_made_of_its_soft_masks() -> None:
    frames, config = draw_scene(5008, num_frames=8, height=96, width=160).frames, Config()
    graph = GraphModule(frames, estimate_dis(frames), config.graph, torch.Generator(), torch.device("cpu"))
    solution = graph.solve(None)
    labels = [sharpen_clip(frames, solution.soft_masks, config.refine)]
    for _ in range(2):
        labels.append(sharpen_clip(frames, graph.solve(labels[-1].numpy()).soft_masks, config.refine))
    maps = run(frames, config).last
    np.testing.assert_allclose(maps.graph, solution.soft_masks.numpy(), atol=1e-5)
    np.testing.assert_allclose(maps.answer, labels[2].numpy(), atol=1e-3)
    assert ((maps.answer > 0.5) != (labels[0].numpy() > 0.5)).sum() > 20


def test_chains_carry_what_features_say(drawn_clip: DrawnClip, small_config: Config) -> None:
    """In the first frame a piece of background has the object's feature, and the later frames have a feature of neither."""
    frames, masks = drawn_clip.frames[:4], drawn_clip.masks[:4]
    features = torch.zeros((*masks.shape, 1))
    features[0, ..., 0] = 2 * torch.from_numpy(masks[0]).float() - 1
    piece = np.s_[24:40, 76:92]
    assert not masks[:2, 16:48, 68:].any()
    features[0, piece[0], piece[1]] = 1
    config = replace(small_config, cycle=CycleConfig(max_cycles=0))
    config = replace(config, features=replace(config.features, weight=30.0))
    alone, told = (run(frames, config, features=found).last for found in (None, PatchFeatures(maps=features)))
    np.testing.assert_array_equal(told.graph, alone.graph)
    for frame in (0, 1):
        assert alone.answer[frame][piece].max() < 0.5
        assert told.answer[frame][piece].mean() > 0.5


def test_the_graphs_seconds_are_those_of_its_own_window(drawn_clip: DrawnClip, small_config: Config) -> None:
    """One stopwatch runs through all windows of a video."""
    stopwatch, flow = Stopwatch(), estimate_dis(drawn_clip.frames)
    config = replace(small_config, cycle=CycleConfig(max_cycles=0))
    seconds = [
        run_cycles(drawn_clip.frames, flow, config, device=torch.device("cpu"), stopwatch=stopwatch).history[0].graph_s
        for _ in range(2)
    ]
    assert min(seconds) > 0
    assert sum(seconds) == pytest.approx(stopwatch.seconds["graph"])


def test_without_cycles_a_carried_network_is_the_cue(drawn_clip: DrawnClip, small_config: Config) -> None:
    """A window that continues a shot may have no cycles where the first has some."""
    first = run(drawn_clip.frames[:8], replace(small_config, cycle=CycleConfig(max_cycles=1)))
    carried = CarriedOver(network=first.network, soft_masks=first.last.answer[-3:])
    rest = run(drawn_clip.frames[5:], replace(small_config, cycle=CycleConfig(max_cycles=0)), carried=carried)
    np.testing.assert_array_equal(rest.last.cue[:3], carried.soft_masks)
    assert rest.network is first.network


def test_the_cue_is_what_the_graph_was_told_last(drawn_clip: DrawnClip, small_config: Config) -> None:
    """Before a network has learned anything that is the mean of the witnesses, and then the network's map."""
    flow = estimate_dis(drawn_clip.frames)
    module = GraphModule(drawn_clip.frames, flow, small_config.graph, torch.Generator(), torch.device("cpu"))
    alone = run(drawn_clip.frames, replace(small_config, cycle=CycleConfig(max_cycles=0))).last
    np.testing.assert_allclose(alone.cue, module.witnesses.mix().numpy(), atol=1e-6)
    taught = run(drawn_clip.frames, replace(small_config, cycle=CycleConfig(max_cycles=1))).last
    np.testing.assert_array_equal(taught.cue, taught.network_map)


@pytest.mark.parametrize("answer", ["graph", "network", "both"])
def test_the_answer_is_chosen(drawn_clip: DrawnClip, small_config: Config, answer: str) -> None:
    config = replace(small_config, cycle=CycleConfig(max_cycles=1, answer=answer))
    maps = run(drawn_clip.frames, config).last
    expected = {"graph": maps.labels, "network": maps.network_map, "both": (maps.labels + maps.network_map) / 2}[answer]
    np.testing.assert_array_equal(maps.answer, expected)


def test_after_the_exchange_the_next_cycle_learns_the_answer(drawn_clip: DrawnClip, small_config: Config) -> None:
    seen: list[CycleMaps] = []
    cycle, refine = CycleConfig(max_cycles=2, stop_iou=2), RefineConfig(sharpen="none")
    run(drawn_clip.frames, replace(small_config, cycle=cycle, refine=refine), seen.append)
    np.testing.assert_array_equal(seen[1].labels, seen[0].answer)
    assert not np.array_equal(seen[0].labels, seen[0].answer)


def test_the_exchange_keeps_half_of_what_was_before_it(
    drawn_clip: DrawnClip, small_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without motion's share and sharpening, the graph finds the network's map averaged along chains."""
    monkeypatch.setattr(solve, "_NETWORK_SHARE", 1.0)
    config = replace(small_config, refine=RefineConfig(sharpen="none"), cycle=CycleConfig(max_cycles=1))
    maps = run(drawn_clip.frames, config).last
    flow = estimate_dis(drawn_clip.frames)
    module = GraphModule(drawn_clip.frames, flow, config.graph, torch.Generator(), torch.device("cpu"))
    assert maps.network_map is not None
    averaged = module.average(torch.from_numpy(maps.network_map)).numpy()
    np.testing.assert_allclose(maps.answer, (maps.labels + averaged) / 2, atol=1e-6)


def test_later_exchanges_keep_the_area(drawn_clip: DrawnClip, small_config: Config) -> None:
    """Sharpened, this clip's masks are the true ones from the first graph on, and no exchange changes them."""
    seen: list[CycleMaps] = []
    cycle, refine = CycleConfig(max_cycles=3, stop_iou=2), RefineConfig(sharpen="none")
    run(drawn_clip.frames, replace(small_config, cycle=cycle, refine=refine), seen.append)
    areas = [maps.record.area_fraction for maps in seen]
    assert (seen[0].labels > seen[0].threshold).mean() != pytest.approx(areas[0], rel=1e-3)
    assert areas[1:] == pytest.approx([areas[0]] * 2, rel=1e-3)
    assert not np.array_equal(seen[1].answer > seen[1].threshold, seen[0].answer > seen[0].threshold)


@pytest.mark.parametrize("method", ["walk", "power"])
def test_without_sharpening_the_network_learns_the_graphs_soft_masks(
    drawn_clip: DrawnClip, small_config: Config, method: str
) -> None:
    config = replace(
        small_config,
        refine=RefineConfig(sharpen="none"),
        graph=replace(small_config.graph, method=method),
        cycle=CycleConfig(max_cycles=1),
    )
    maps = run(drawn_clip.frames, config).last
    np.testing.assert_array_equal(maps.labels, maps.graph)


def degenerate_clips() -> dict[str, np.ndarray]:
    noise = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    return {
        "one frame": noise[None],
        "two frames": np.stack([noise, np.roll(noise, 2, axis=1)]),
        "nothing moves": np.stack([noise] * 5),
        "all black": np.zeros((5, 48, 64, 3), np.uint8),
        "object in no frame": np.stack([np.roll(noise, 2 * i, axis=1) for i in range(5)]),  # only the camera moves
        "one white frame": np.stack([np.full((48, 64, 3), 255 * (i == 2), np.uint8) for i in range(5)]),
    }


@pytest.mark.parametrize("max_cycles", [0, 2])
@pytest.mark.parametrize("name", degenerate_clips())
def test_a_degenerate_clip_has_a_defined_answer(small_config: Config, name: str, max_cycles: int) -> None:
    frames = degenerate_clips()[name]
    result = run(frames, replace(small_config, cycle=CycleConfig(max_cycles=max_cycles)))
    assert ((result.last.confidences >= 0) & (result.last.confidences <= 1)).all()
    assert (result.last.network_map is None) == (max_cycles == 0)
    network_map = result.last.answer if result.last.network_map is None else result.last.network_map
    for maps in (result.last.graph, network_map, result.last.answer, result.last.cue):
        assert maps.shape == frames.shape[:3]
        assert np.isfinite(maps).all()
        assert maps.min() >= 0
        assert maps.max() <= 1
    assert np.isfinite(result.last.threshold)
    if name in ("one frame", "nothing moves", "all black"):  # without motion nothing stands out: the empty mask
        assert not (result.last.answer > result.last.threshold).any()


def test_what_is_carried_over_is_the_cue_of_the_first_graph(drawn_clip: DrawnClip, small_config: Config) -> None:
    config = replace(small_config, cycle=CycleConfig(max_cycles=1, answer="graph"))
    first = run(drawn_clip.frames[:8], config)
    rest = drawn_clip.frames[5:]
    truth = drawn_clip.masks[5:8].astype(np.float32)
    fresh, carried, other = (
        run(rest, config, carried=start).last.graph
        for start in (
            None,
            CarriedOver(network=first.network, soft_masks=first.last.answer[-3:]),
            CarriedOver(network=first.network, soft_masks=1 - truth),
        )
    )
    assert not np.array_equal(fresh, carried)
    assert not np.array_equal(carried, other)
    nothing = CarriedOver(network=None, soft_masks=truth)  # no network has learned anything: as if nothing was carried
    np.testing.assert_array_equal(run(rest, config, carried=nothing).last.graph, fresh)


def test_an_empty_graph_keeps_the_carried_network(drawn_clip: DrawnClip, small_config: Config) -> None:
    """A stretch in which nothing moves has an empty mask; what was learned before it is there after it."""
    network = run(drawn_clip.frames, small_config).network
    still = np.stack([drawn_clip.frames[0]] * 5)
    assert run(still, small_config).network is None
    assert network is not None
