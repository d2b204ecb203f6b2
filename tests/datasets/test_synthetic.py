import numpy as np

from ike_ray.datasets.synthetic import draw_clip
from ike_ray.flow.warp import warp_image


def test_flow_and_masks_are_exact() -> None:
    """What does not get covered is found, to the last bit, where the flow says it goes."""
    for seed, shape in enumerate(("ellipse", "rectangle", "ellipse")):
        clip = draw_clip(seed, num_frames=6, shape=shape)
        for step, field in enumerate(clip.forward):
            carried = warp_image(clip.frames[step + 1], field)
            mask, later = clip.masks[step], clip.masks[step + 1]
            later_here = warp_image(later.astype(np.float32), field) > 0.5
            is_seen = mask == later_here
            is_seen[:12] = is_seen[-12:] = is_seen[:, :12] = is_seen[:, -12:] = False
            np.testing.assert_array_equal(carried[is_seen], clip.frames[step][is_seen])
            assert is_seen[mask].all()


def test_the_same_seed_draws_the_same() -> None:
    np.testing.assert_array_equal(draw_clip(4).frames, draw_clip(4).frames)
    assert not np.array_equal(draw_clip(4).frames, draw_clip(5).frames)
