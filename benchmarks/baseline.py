"""A simple system to compare with: what moves by itself. `python -m benchmarks.baseline FRAMES --out MASKS`

FRAMES is a folder of frame folders, such as DAVIS/JPEGImages/480p. In each, DIS flow is estimated at the working size, the
camera's motion is fitted to each step and taken away, and the size of what remains, forward and backward, is cut by Otsu's
method, with one cut for each clip. MASKS gets <sequence>/<frame>.png, which `ike-ray evaluate MASKS` takes. Nothing is
learned or smoothed. A whole clip is held in memory at the working size.
"""

import argparse
from pathlib import PurePosixPath

import cv2
import numpy as np
import torch
from jaxtyping import Float32

from benchmarks.origin import read_origin
from ike_ray.config import Config
from ike_ray.flow.camera import estimate_residual
from ike_ray.flow.estimate import build_flow_estimator
from ike_ray.masks.png import build_mask_png
from ike_ray.records import Flow
from ike_ray.refine.threshold import find_otsu_thresholds
from ike_ray.storage.files import is_folder, join_uri, list_folder, read_path, write_bytes
from ike_ray.video.clip import read_clip
from ike_ray.video.folder_reader import list_images

# As in the graph's motion cue, a frame's motion is divided by this quantile of it. The divisor is at least half of the clip's
# median of that and the error of the flow, so that a frame in which nothing moves by itself does not show noise.
_TOP_QUANTILE, _LEAST_SHARE, _LEAST_MOTION_PX = 0.98, 0.5, 0.1


def main() -> None:
    """Write the masks, and print a line for each sequence."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("frames", metavar="FRAMES")
    parser.add_argument("--out", metavar="MASKS", required=True)
    parser.add_argument("--sequences", nargs="*", help="only these")
    arguments = parser.parse_args()
    print(read_origin(), flush=True)
    for folder in list_folder(read_path(arguments.frames)):
        name = PurePosixPath(folder).name
        if is_folder(folder) and (not arguments.sequences or name in arguments.sequences):
            num_masks = write_masks(folder, join_uri(read_path(arguments.out), name))
            print(f"{name:18} {num_masks} masks", flush=True)


def write_masks(folder: str, out: str) -> int:
    """Write a mask for each frame of a folder, under the frame's name, and return how many."""
    config = Config()
    clip = read_clip(folder, config.video)
    flow = build_flow_estimator(config.flow, torch.device("cpu"))(clip, folder)
    motion = estimate_motion(flow)
    thresholds = find_otsu_thresholds(motion)
    for uri, values in zip(list_images(folder), motion, strict=True):
        full_size = cv2.resize(values, (clip.width, clip.height), interpolation=cv2.INTER_LINEAR)
        mask = full_size > thresholds[0] if thresholds else np.zeros(full_size.shape, bool)
        write_bytes(join_uri(out, f"{PurePosixPath(uri).stem}.png"), build_mask_png(mask))
    return len(motion)


def estimate_motion(flow: Flow) -> Float32[np.ndarray, "m h w"]:
    """Return the size of the flow that the camera does not explain, in [0, 1]: the mean of a frame's steps both ways.

    It is 0 for a clip of one frame.
    """
    num_frames = len(flow.forward) + 1
    sums = np.zeros((num_frames, *flow.forward.shape[1:3]), dtype=np.float32)
    counts = np.zeros((num_frames, 1, 1), dtype=np.float32)
    for field, pivots in ((flow.forward, slice(0, -1)), (flow.backward, slice(1, None))):
        sums[pivots] += estimate_residual(torch.from_numpy(field)).norm(dim=-1).numpy()
        counts[pivots] += 1
    motion = sums / np.maximum(counts, 1)
    top = np.quantile(motion, _TOP_QUANTILE, axis=(1, 2), keepdims=True)
    scale = np.maximum(np.maximum(top, _LEAST_SHARE * np.median(top)), _LEAST_MOTION_PX)
    return np.minimum(motion / scale, 1).astype(np.float32)


if __name__ == "__main__":
    main()
