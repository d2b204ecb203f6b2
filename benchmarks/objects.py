"""How well are several objects told apart? `python -m benchmarks.objects CLIP [CLIP ...] --set objects.max_objects=20`

CLIP is a folder with `frames` and `masks_inst`, PNG masks that hold a number for each object, as in DAVIS-2017. The found
objects are matched to the true ones and scored as in the unsupervised task of DAVIS-2017, with J, F and their mean for each
object, and then the means over objects. --picture FILE.jpg draws truth and objects at five moments of each clip.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import UInt8

from benchmarks.origin import read_origin
from ike_ray.flow.estimate import build_flow_estimator
from ike_ray.metrics.object_scores import ObjectScores, evaluate_objects
from ike_ray.pipeline import segment_video
from ike_ray.records import VideoRef
from ike_ray.refine.frames import refine_frames
from ike_ray.settings import read_config
from ike_ray.storage.files import list_folder, read_bytes
from ike_ray.timing import Stopwatch

_MOMENTS = 5
_TILE_WIDTH_PX = 300


def main() -> None:
    """Print a row for each object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="+", metavar="CLIP")
    parser.add_argument("--config", default="configs/default.yaml")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--picture", metavar="FILE.jpg")
    arguments = parser.parse_args()
    print(read_origin(), flush=True)
    scores, rows = [], []
    for clip in arguments.clips:
        truths = np.stack([_read_numbers(uri) for uri in list_folder(f"{clip}/masks_inst")])
        proposals = _segment(clip, arguments)
        new = evaluate_objects(proposals, truths)
        for entry in new:
            found = "none" if entry.proposal is None else str(entry.proposal)
            print(f"{Path(clip).name:24} object {entry.number}: proposal {found:>4}  J {entry.j:.3f}  F {entry.f:.3f}")
        print(f"{Path(clip).name:24} {len(np.unique(proposals)) - 1} proposals, mean {_describe(new)}", flush=True)
        scores += new
        rows.append(_draw(clip, truths, proposals))
    print(f"{'all objects':24} mean {_describe(scores)}")
    if arguments.picture:
        width = max(row.shape[1] for row in rows)
        padded = [np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0))) for row in rows]
        Path(arguments.picture).write_bytes(
            cv2.imencode(".jpg", np.concatenate(padded), [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
        )


def _segment(clip: str, arguments: argparse.Namespace) -> UInt8[np.ndarray, "m H W"]:
    config = read_config(Path(arguments.config).read_text(), ["objects.max_objects=20", *arguments.set])
    device = torch.device(arguments.device)
    answers = segment_video(
        VideoRef(video_id=Path(clip).name, uri=f"{clip}/frames"),
        config,
        estimate_flow=build_flow_estimator(config.flow, device),
        device=device,
        stopwatch=Stopwatch(),
    )
    frames = [frame.objects for segmented in answers for frame in refine_frames(segmented, config.refine)]
    return np.stack([numbers for numbers in frames if numbers is not None])


def _read_numbers(uri: str) -> UInt8[np.ndarray, "H W"]:
    image = cv2.imdecode(np.frombuffer(read_bytes(uri), np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None or image.ndim != 2:
        raise SystemExit(f"{uri}: expected a PNG of one channel with the objects' numbers")
    return image


def _describe(scores: "list[ObjectScores] | tuple[ObjectScores, ...]") -> str:
    j, f = (float(np.mean([getattr(entry, name) for entry in scores])) for name in ("j", "f"))
    return f"J {j:.3f}  F {f:.3f}  J&F {(j + f) / 2:.3f}"


def _draw(clip: str, truths: UInt8[np.ndarray, "m H W"], proposals: UInt8[np.ndarray, "m H W"]) -> UInt8[np.ndarray, "h w 3"]:
    frames = list_folder(f"{clip}/frames")
    moments = np.linspace(0, len(frames) - 1, _MOMENTS).round().astype(int)
    height = round(truths.shape[1] * _TILE_WIDTH_PX / truths.shape[2])
    rows = []
    for numbers in (truths, proposals):
        tiles = []
        for moment in moments:
            image = cv2.imdecode(np.frombuffer(read_bytes(frames[moment]), np.uint8), cv2.IMREAD_COLOR)
            assert image is not None
            shades = cv2.applyColorMap((numbers[moment].astype(np.int32) * 67 % 256).astype(np.uint8), cv2.COLORMAP_HSV)
            mixed = np.where(numbers[moment][..., None] > 0, cv2.addWeighted(image, 0.4, shades, 0.6, 0), image)
            tiles.append(cv2.resize(mixed, (_TILE_WIDTH_PX, height), interpolation=cv2.INTER_AREA))
        rows.append(np.concatenate(tiles, axis=1))
    return np.concatenate(rows)


if __name__ == "__main__":
    main()
