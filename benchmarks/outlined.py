"""Write ordinary videos and their outlines as a DAVIS: `python -m benchmarks.outlined ROOT FOLDER [FOLDER ...]`

Two frames of each of 22 ordinary videos were outlined by hand, and `outlines.json` has the polygons in fractions of the
frame. The videos come with demonstrations of public projects and are not here: FOLDER holds some of them, by their names.
ROOT becomes a folder that `benchmarks.quality` and `benchmarks.sensitivity` read, with the first 60 frames of each video at
no more than 480 rows, the true masks of the outlined frames and the split `outlined`:

    python -m benchmarks.quality ROOT --split outlined --variant configs/default.yaml
"""

import argparse
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import Bool

from ike_ray.config import VideoConfig
from ike_ray.masks.png import build_mask_png
from ike_ray.storage.files import write_bytes
from ike_ray.video.clip import resize_frame
from ike_ray.video.open import open_video

_NUM_FRAMES = 60
_MOST_ROWS = 480


def main() -> None:
    """Write each video that is found, and say which are not there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", metavar="ROOT")
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--outlines", default=str(Path(__file__).with_name("outlines.json")), metavar="FILE.json")
    arguments = parser.parse_args()
    for folder in arguments.folders:
        if not Path(folder).is_dir():
            parser.error(
                f"there is no folder {folder}: expected one that holds some of the videos that {arguments.outlines} names"
            )
    found = {path.name: path for folder in arguments.folders for path in sorted(Path(folder).iterdir())}
    names = []
    for file, outlines in json.loads(Path(arguments.outlines).read_text()).items():
        if file not in found:
            print(f"{file} is in none of the folders")
            continue
        names.append(Path(file).stem)
        num_frames = _write_sequence(arguments.root, str(found[file]), outlines)
        print(f"{file}: {num_frames} frames, {len(outlines)} of them outlined", flush=True)
    if not names:
        parser.error(f"none of the outlined videos is in {' or '.join(arguments.folders)}")
    write_bytes(f"{arguments.root}/ImageSets/480p/outlined.txt", "".join(f"{name}\n" for name in names).encode())


def _write_sequence(root: str, video: str, outlines: dict[str, dict[str, Any]]) -> int:
    """Write frames and true masks of a video, and return how many frames it has here."""
    name = Path(video).stem
    with open_video(video, VideoConfig(stop_frame=_NUM_FRAMES)) as reader:
        frames = [frame.image for frame in reader]
    height = min(_MOST_ROWS, frames[0].shape[0])
    width = round(frames[0].shape[1] * height / frames[0].shape[0])
    masks = {int(index): draw_mask(outline, height, width) for index, outline in outlines.items()}
    # The protocol of DAVIS leaves out the first and the last frame that have a mask.
    masks |= {index: np.zeros((height, width), bool) for index in (0, len(frames) - 1)}
    for index, frame in enumerate(frames):
        image = cv2.cvtColor(resize_frame(frame, height, width), cv2.COLOR_RGB2BGR)
        data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
        write_bytes(f"{root}/JPEGImages/480p/{name}/{index:05d}.jpg", data)
    for index, mask in masks.items():
        write_bytes(f"{root}/Annotations/480p/{name}/{index:05d}.png", build_mask_png(mask))
    return len(frames)


def draw_mask(outline: dict[str, list[list[list[float]]]], height: int, width: int) -> Bool[np.ndarray, "h w"]:
    """Return what the polygons `outside` enclose without what `holes` enclose. Their points are x, y in fractions."""
    canvas = np.zeros((height, width), np.uint8)
    for polygons, value in ((outline["outside"], 1), (outline.get("holes", []), 0)):
        for polygon in polygons:
            points = np.rint(np.asarray(polygon) * (width, height)).astype(np.int32)
            cv2.fillPoly(canvas, [points], value)
    return canvas > 0


if __name__ == "__main__":
    main()
