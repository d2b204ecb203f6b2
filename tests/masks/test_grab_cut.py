import cv2
import numpy as np

from ike_ray.masks.grab_cut import refine_by_colour

TRUTH = cv2.circle(np.zeros((60, 80), np.uint8), (40, 30), 15, 1, -1) > 0
NOTHING = np.zeros_like(TRUTH)


def draw_image(rng: np.random.Generator) -> np.ndarray:
    colours = np.where(TRUTH[..., None], (170, 60, 50), (60, 120, 60))
    return (colours + rng.normal(0, 8, colours.shape)).clip(0, 255).astype(np.uint8)


def test_a_shifted_mask_comes_back_to_the_edges(rng: np.random.Generator) -> None:
    mask = refine_by_colour(draw_image(rng), np.roll(TRUTH, 7, axis=1), NOTHING, NOTHING)
    assert (mask != TRUTH).mean() < 0.002


def test_what_is_sure_stays_whatever_its_colour(rng: np.random.Generator) -> None:
    is_background, is_object = NOTHING.copy(), NOTHING.copy()
    is_background[25:35, 35:45] = True  # in the middle of the object
    is_object[:5, :5] = True
    mask = refine_by_colour(draw_image(rng), TRUTH, is_background, is_object)
    assert not mask[is_background].any()
    assert mask[is_object].all()


def test_too_few_pixels_for_a_model_stay_as_they_are(rng: np.random.Generator) -> None:
    few = NOTHING.copy()
    few[3, :19] = True
    np.testing.assert_array_equal(refine_by_colour(draw_image(rng), few, NOTHING, NOTHING), few)
    np.testing.assert_array_equal(refine_by_colour(draw_image(rng), ~few, NOTHING, NOTHING), ~few)
