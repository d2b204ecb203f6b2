import cv2
import numpy as np
import pytest
from jaxtyping import Float32, UInt8

from ike_ray.refine import edges
from ike_ray.refine.edges import snap_to_edges


def draw_halves(left: tuple[int, int, int], right: tuple[int, int, int], height: int = 120) -> UInt8[np.ndarray, "h w 3"]:
    """A frame of two colours that meet in the middle, with a little grain."""
    grain = np.random.default_rng(0).integers(-3, 4, (height, 2 * height, 1))
    colours = np.where(np.arange(2 * height)[None, :, None] < height, left, right)
    return (colours + grain).clip(0, 255).astype(np.uint8)


def draw_blurred(width: int = 60, edge: float = 0.5) -> Float32[np.ndarray, "h w"]:
    """A small soft mask: 1 on the left, 0 on the right, a ramp over a twentieth of the width around `edge`."""
    ramp = (0.5 - (np.arange(width) + 0.5 - edge * width) / (0.05 * width)).clip(0, 1)
    return np.repeat(ramp[None].astype(np.float32), width // 2, axis=0)


@pytest.mark.parametrize("colours", [((200, 60, 60), (60, 60, 200)), ((90, 90, 90), (150, 150, 150))])
@pytest.mark.parametrize("edge", [0.49, 0.5, 0.51])
def test_a_blurred_edge_becomes_the_frame_s(colours: tuple[tuple[int, int, int], ...], edge: float) -> None:
    frame = draw_halves(*colours)
    soft = draw_blurred(edge=edge)
    snapped = snap_to_edges(soft, frame)
    assert snapped.shape == frame.shape[:2]
    expected = np.broadcast_to(np.arange(240) < 120, (120, 240))
    before = ((cv2.resize(soft, (240, 120)) > 0.5) != expected).mean()
    assert ((snapped > 0.5) != expected).mean() <= 0.4 * before
    assert snapped[:, 119].mean() - snapped[:, 120].mean() > 0.3  # the resized one's step is 0.08


def test_where_the_frame_has_no_edge_the_mask_keeps_its_own() -> None:
    flat = np.full((120, 240, 3), 77, np.uint8)
    snapped = snap_to_edges(draw_blurred(edge=0.3), flat)
    assert (snapped[:, :55] > 0.9).all()
    assert (snapped[:, 90:] < 0.1).all()


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_constant_mask_stays(value: float) -> None:
    frame = draw_halves((200, 60, 60), (60, 60, 200))
    snapped = snap_to_edges(np.full((30, 60), value, np.float32), frame)
    np.testing.assert_allclose(snapped, value, atol=1e-4)


def test_it_is_the_guided_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against the definition, window by window, on a frame so small that nothing is resized."""
    rng = np.random.default_rng(1)
    frame, soft = rng.integers(0, 256, (12, 14, 3), np.uint8), rng.random((12, 14), np.float32)
    monkeypatch.setattr(edges, "_RADIUS_FRACTION", 0.17)  # 2 pixels
    monkeypatch.setattr(edges, "_EPSILON", 1e-3)
    colours, pad = frame / 255, ((2, 2), (2, 2), (0, 0))
    wide, values = np.pad(colours, pad, "symmetric"), np.pad(soft[..., None], pad, "symmetric")[..., 0]
    slopes, offsets = np.zeros((12, 14, 3)), np.zeros((12, 14))
    for y, x in np.ndindex(12, 14):
        inside, own = wide[y : y + 5, x : x + 5].reshape(25, 3), values[y : y + 5, x : x + 5].reshape(25)
        sigma = np.cov(inside.T, bias=True) + 1e-3 * np.eye(3)
        slopes[y, x] = np.linalg.solve(sigma, ((inside - inside.mean(0)) * (own - own.mean())[:, None]).mean(0))
        offsets[y, x] = own.mean() - slopes[y, x] @ inside.mean(0)
    expected = np.zeros((12, 14))
    wide_slopes, wide_offsets = np.pad(slopes, pad, "symmetric"), np.pad(offsets[..., None], pad, "symmetric")[..., 0]
    for y, x in np.ndindex(12, 14):
        slope = wide_slopes[y : y + 5, x : x + 5].reshape(25, 3).mean(0)
        expected[y, x] = slope @ colours[y, x] + wide_offsets[y : y + 5, x : x + 5].mean()
    np.testing.assert_allclose(snap_to_edges(soft, frame), expected.clip(0, 1), atol=2e-4)


def test_a_frame_of_a_few_pixels_is_no_error() -> None:
    assert snap_to_edges(np.ones((2, 2), np.float32), np.zeros((3, 2, 3), np.uint8)).shape == (3, 2)
