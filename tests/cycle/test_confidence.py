import numpy as np
import pytest

from ike_ray.cycle.confidence import estimate_confidences
from ike_ray.records import Flow


def build_square(num_frames: int, step: int) -> np.ndarray:
    """A square of 8 x 8 that moves to the right."""
    masks = np.zeros((num_frames, 16, 32), bool)
    for t in range(num_frames):
        masks[t, 4:12, 4 + step * t : 12 + step * t] = True
    return masks


def build_flow(num_frames: int, step: int) -> Flow:
    forward = np.zeros((num_frames - 1, 16, 32, 2), np.float32)
    forward[..., 0] = step
    return Flow(forward=forward, backward=-forward)


def estimate(masks: np.ndarray, network_masks: np.ndarray, step: int, *, answer: np.ndarray | None = None) -> np.ndarray:
    """Of an answer that is 1 on the masks, which are the graph's."""
    answer = masks.astype(np.float32) if answer is None else answer
    flow = build_flow(len(masks), step)
    return estimate_confidences(answer, 0.4, graph_masks=masks, network_masks=network_masks, flow=flow)


def test_what_moves_with_the_flow_and_both_find_is_certain() -> None:
    masks = build_square(4, 2)
    np.testing.assert_allclose(estimate(masks, masks, 2), 1)


def test_disagreement_of_graph_and_network_costs() -> None:
    masks = build_square(4, 2)
    half = masks.copy()
    half[1, 4:8] = False
    np.testing.assert_allclose(estimate(masks, half, 2), [1, 0.5, 1, 1])


def test_a_mask_that_jumps_costs_both_its_frames() -> None:
    """Carried along a still flow, a square that moves by 2 of 8 columns keeps 6 / 10 of the union."""
    masks = build_square(4, 0)
    masks[2:] = build_square(4, 2)[1]
    np.testing.assert_allclose(estimate(masks, masks, 0), [1, 0.6, 0.6, 1])


@pytest.mark.parametrize(("value", "expected"), [(0.2, 1), (0.3, 0.5), (0.5, 0.5), (0.6, 1)])
def test_what_is_neither_object_nor_background_costs(value: float, expected: float) -> None:
    """A second square as large as the first, with values between 0.25 and 0.55, is there at one cut and not at the other."""
    masks = build_square(4, 0)
    answer = masks.astype(np.float32)
    answer[:, 4:12, 20:28] = value
    found = answer > 0.4
    np.testing.assert_allclose(estimate(found, found, 0, answer=answer), expected)


@pytest.mark.parametrize("num_frames", [1, 3])
def test_nothing_found_is_not_certain(num_frames: int) -> None:
    masks = np.zeros((num_frames, 16, 32), bool)
    assert estimate(masks, masks, 0).tolist() == [0] * num_frames


def test_a_single_frame_is_stable() -> None:
    masks = build_square(1, 0)
    assert estimate(masks, masks, 0).tolist() == [1]
