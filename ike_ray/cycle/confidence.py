"""How far to trust each mask, without the truth: a prediction of its IoU from what can be seen."""

from importlib.resources import files

import cv2
import numpy as np
import yaml
from jaxtyping import Bool, Float32, Float64
from scipy.ndimage import label, uniform_filter1d

from ike_ray.cycle.witnesses import Witnesses
from ike_ray.flow.warp import warp_image
from ike_ray.metrics.jaccard import evaluate_jaccard
from ike_ray.records import Flow
from ike_ray.refine.threshold import find_otsu_thresholds

JUDGE = "judge.yaml"  # beside this module: the weight of each measure, and how it was found
MEASURES = (
    *("network agreement", "saliency agreement", "stability", "clearness", "network contrast"),
    *("saliency contrast", "network share", "size", "border", "speed", "wholeness"),
)
# The threshold of the soft masks is multiplied by each of these, to see whether the mask depends on it.
_LOWER, _HIGHER = 0.7, 1.3
_RING_FRACTION = 0.06  # of the height: how far around a mask its surroundings are looked at
_HALF_SPEED_PX = 0.5  # the speed, in a frame of 160 rows, that counts as half of any faster one
_REFERENCE_HEIGHT_PX = 160
# As many as a soft mask is the mean of. With 3 to 31 of them, frames are ordered better than by single scores, on drawn and
# real clips (benchmarks/experiments/2026-11-30-confidence-over-time.md).
_NUM_FRAMES = 15


def estimate_confidences(
    answer: Float32[np.ndarray, "m h w"],
    threshold: float,
    *,
    soft_masks: Float32[np.ndarray, "m h w"],
    witnesses: Witnesses,
    flow: Flow,
) -> Float64[np.ndarray, " m"]:
    """Return a prediction of the IoU of each frame's mask, which is the `answer` above its `threshold`, in [0, 1].

    It is the logistic function of a weighted sum of the measures of `measure_masks`, averaged over the 15 frames around each:
    what they see of a single frame is mostly noise. An empty mask has confidence 0, since nothing is found. `soft_masks` are
    the graph's.
    """
    masks = answer > threshold
    measures = measure_masks(masks, soft_masks, witnesses, flow)
    judge = yaml.safe_load(files("ike_ray.cycle").joinpath(JUDGE).read_text())
    scores = measures @ np.array([judge["weights"][name] for name in MEASURES]) + judge["offset"]
    scores = uniform_filter1d(scores, _NUM_FRAMES, mode="nearest")
    return np.where(masks.any(axis=(1, 2)), 1 / (1 + np.exp(-scores)), 0.0)


def measure_masks(
    masks: Bool[np.ndarray, "m h w"], soft_masks: Float32[np.ndarray, "m h w"], witnesses: Witnesses, flow: Flow
) -> Float64[np.ndarray, "m k"]:
    """Return what can be seen of each mask, a column for each of `MEASURES`, all in [0, 1] or [-1, 1].

    Agreement is the IoU with a witness above its Otsu threshold. Stability is the smaller IoU with the masks of the frames
    before and after that are carried along the flow. Clearness is the IoU of the soft masks above 0.7 and above 1.3 times
    Otsu's threshold. Contrast is the mean of a witness in the mask less its mean around it. Network share is how much of the
    motion network's probability lies in the mask. Size is the square root of the mask's share of the frame. Border is the
    mean of the shares of the frame's four sides that the mask covers. Speed is how fast it moves against its surroundings.
    Wholeness is the share of its largest piece. What is not known is 0.
    """
    names = {"network": witnesses.learned_motion, "saliency": witnesses.saliency}
    maps = {name: None if found is None else found.cpu().numpy() for name, found in names.items()}
    zeros = np.zeros(len(masks))
    rings = _build_rings(masks)
    columns = {f"{name} agreement": zeros if found is None else _agree(masks, found) for name, found in maps.items()}
    for name in ("network", "saliency"):
        found = maps[name]
        columns[f"{name} contrast"] = zeros if found is None else _mean(found, masks) - _mean(found, rings)
    network = maps["network"]
    columns["network share"] = zeros if network is None else _mean(masks.astype(np.float32), network)
    columns["stability"] = _measure_stability(masks, flow)
    columns["clearness"] = _measure_clearness(soft_masks)
    columns["size"] = np.sqrt(masks.mean(axis=(1, 2)))
    sides = (masks[:, 0], masks[:, -1], masks[:, :, 0], masks[:, :, -1])
    columns["border"] = np.mean([side.mean(axis=1) for side in sides], axis=0)
    columns["speed"] = _measure_speed(masks, rings, flow)
    columns["wholeness"] = np.array([_measure_wholeness(mask) for mask in masks])
    return np.stack([columns[name] for name in MEASURES], axis=1).astype(np.float64)


def _agree(masks: Bool[np.ndarray, "m h w"], found: Float32[np.ndarray, "m h w"]) -> Float64[np.ndarray, " m"]:
    thresholds = find_otsu_thresholds(found)
    return np.zeros(len(masks)) if thresholds is None else evaluate_jaccard(masks, found > thresholds[0])


def _mean(values: Float32[np.ndarray, "m h w"], weights: np.ndarray) -> Float64[np.ndarray, " m"]:
    """Return the weighted mean of each frame. It is 0 if all weights are 0."""
    total = weights.sum(axis=(1, 2), dtype=np.float64)
    return (values * weights).sum(axis=(1, 2), dtype=np.float64) / np.where(total > 0, total, np.inf)


def _build_rings(masks: Bool[np.ndarray, "m h w"]) -> Bool[np.ndarray, "m h w"]:
    side = 2 * max(1, round(_RING_FRACTION * masks.shape[1])) + 1
    kernel = np.ones((side, side), np.uint8)
    return np.stack([cv2.dilate(mask.astype(np.uint8), kernel) > 0 for mask in masks]) & ~masks


def _measure_stability(masks: Bool[np.ndarray, "m h w"], flow: Flow) -> Float64[np.ndarray, " m"]:
    if len(masks) == 1:
        return np.ones(1)
    carried = [
        warp_image(mask.astype(np.float32), field) > 0.5 for mask, field in zip(masks[:-1], flow.backward, strict=True)
    ]
    steps = evaluate_jaccard(masks[1:], np.stack(carried))
    return np.minimum(np.append(steps, 1), np.append(1, steps))


def _measure_clearness(soft_masks: Float32[np.ndarray, "m h w"]) -> Float64[np.ndarray, " m"]:
    thresholds = find_otsu_thresholds(soft_masks)
    if thresholds is None:
        return np.zeros(len(soft_masks))
    low, high = _LOWER * thresholds[0], min(_HIGHER * thresholds[0], (1 + thresholds[0]) / 2)
    return evaluate_jaccard(soft_masks > low, soft_masks > high)


def _measure_speed(
    masks: Bool[np.ndarray, "m h w"], rings: Bool[np.ndarray, "m h w"], flow: Flow
) -> Float64[np.ndarray, " m"]:
    """Return v / (v + 0.5 px), where v is the length of the mask's mean motion less that of its surroundings."""
    if len(masks) == 1:
        return np.zeros(1)
    fields = np.concatenate([flow.forward, -flow.backward[-1:]]) * (_REFERENCE_HEIGHT_PX / min(masks.shape[1:]))
    difference = [_mean(fields[..., axis], masks) - _mean(fields[..., axis], rings) for axis in range(2)]
    speed = np.hypot(*difference)
    return speed / (speed + _HALF_SPEED_PX)


def _measure_wholeness(mask: Bool[np.ndarray, "h w"]) -> float:
    pieces, num_pieces = label(mask)
    return float(np.bincount(pieces.ravel())[1:].max() / mask.sum()) if num_pieces else 0.0
