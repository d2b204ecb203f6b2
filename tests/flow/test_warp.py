import numpy as np

from ike_ray.datasets.synthetic import DrawnClip, draw_clip
from ike_ray.flow.warp import evaluate_colour_error, evaluate_mask_error
from ike_ray.records import Flow


def true_flow(clip: DrawnClip) -> Flow:
    """Exact both ways: what moves at one speed forward moves at minus that speed backward."""
    inside, outside = clip.forward[0][clip.masks[0]][0], clip.forward[0][~clip.masks[0]][0]
    backward = [np.where(mask[..., None], -inside, -outside) for mask in clip.masks[1:]]
    return Flow(forward=clip.forward, backward=np.stack(backward))


def test_the_true_flow_explains_everything_but_the_border() -> None:
    clip = draw_clip(2, num_frames=4)
    true, still = true_flow(clip), Flow(forward=np.zeros_like(clip.forward), backward=np.zeros_like(clip.forward))
    assert evaluate_colour_error(clip.frames, true) < 0.1 * evaluate_colour_error(clip.frames, still)
    assert evaluate_mask_error(clip.masks, true) < 0.1 * evaluate_mask_error(clip.masks, still)


def test_no_inner_frame_no_error() -> None:
    nothing = np.zeros((0, 8, 8, 2), np.float32)
    flow = Flow(forward=nothing, backward=nothing)
    assert evaluate_colour_error(np.zeros((1, 8, 8, 3), np.uint8), flow) == 0
    assert evaluate_mask_error(np.ones((1, 8, 8), bool), flow) == 0
