import cv2
import numpy as np
from scipy.spatial.distance import cdist

from ike_ray.saliency.appearance import learn_appearance
from ike_ray.saliency.superpixels import describe_superpixels, stretch

HEIGHT, WIDTH, CELL_PX = 60, 80, 10


def draw_cells(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a picture of square cells of two colours in Lab, the cells as superpixels, and the mask of the second colour."""
    numbers = np.arange(HEIGHT * WIDTH // CELL_PX**2).reshape(HEIGHT // CELL_PX, WIDTH // CELL_PX)
    labels = np.kron(numbers, np.ones((CELL_PX, CELL_PX), int))
    is_object = np.zeros(numbers.shape, bool)
    is_object[1:5, 3:7] = True
    is_object = np.kron(is_object, np.ones((CELL_PX, CELL_PX), bool))
    image = np.where(is_object[..., None], (200, 80, 40), (60, 110, 90)) + rng.normal(0, 4, (HEIGHT, WIDTH, 3))
    return cv2.cvtColor(image.clip(0, 255).astype(np.float32) / 255, cv2.COLOR_RGB2LAB), labels, is_object


def test_single_superpixels_that_err_are_outvoted(rng: np.random.Generator) -> None:
    lab, labels, is_object = draw_cells(rng)
    soft = is_object.astype(np.float32)
    soft[20:30, 40:50], soft[20:30, 10:20] = 0, 1  # a hole in the object, and a piece of background that stands out
    learned = learn_appearance(soft, lab, [describe_superpixels(lab, labels)])
    assert learned[is_object].min() > learned[~is_object].max()
    assert (learned.min(), learned.max()) == (0, 1)


def test_a_map_that_says_nothing_stays_so(rng: np.random.Generator) -> None:
    lab, labels, _ = draw_cells(rng)
    assert not learn_appearance(np.full((HEIGHT, WIDTH), 0.3, np.float32), lab, [describe_superpixels(lab, labels)]).any()


def test_the_answer_is_that_of_ridge_regression_in_full(rng: np.random.Generator) -> None:
    """All is equally light, so that textures are alike. The truth solves the normal equations K (K + 5) a = K (y - m)."""
    _, labels, is_object = draw_cells(rng)
    lab = np.where(is_object[..., None], np.float32([50, 40, 30]), np.float32([50, -10, 5]))
    soft = rng.random((HEIGHT, WIDTH)).astype(np.float32)
    superpixels = describe_superpixels(lab, labels)
    learned = learn_appearance(soft, lab, [superpixels])[5::CELL_PX, 5::CELL_PX].ravel()
    values = cv2.resize(soft, (WIDTH // CELL_PX, HEIGHT // CELL_PX), interpolation=cv2.INTER_AREA).ravel().astype(float)
    samples = np.concatenate([superpixels.colours / 15, superpixels.places / 0.3], axis=1)
    kernel = np.exp(-cdist(samples, samples, "sqeuclidean") / 2)
    expected = kernel @ np.linalg.lstsq(kernel @ kernel + 5 * kernel, kernel @ (values - values.mean()), rcond=None)[0]
    np.testing.assert_allclose(learned, stretch(expected), atol=1e-4)
