"""What does RAFT give that DIS does not? `python -m benchmarks.flow DAVIS --split train --weights raft-small.pth`

DAVIS is a DAVIS-2016 folder. Flow is estimated between frames that are `--gap` apart, and neighbouring frames and true masks
are carried back along it. For each sequence, and for no flow, DIS and RAFT, it prints the mean difference of colours (grey
levels of 0 to 255) and the area that carried masks get wrong, as a share of the object. Smaller is better.
"""

import argparse

import cv2
import numpy as np
import torch

from benchmarks.origin import read_origin
from ike_ray.config import FlowConfig, VideoConfig
from ike_ray.datasets.open import list_sequences
from ike_ray.datasets.sequence import AnnotatedSequence
from ike_ray.flow.estimate import FlowEstimator, build_flow_estimator
from ike_ray.flow.warp import evaluate_colour_error, evaluate_mask_error
from ike_ray.records import Clip, Flow
from ike_ray.storage.files import join_uri
from ike_ray.video.clip import read_clip


def main() -> None:
    """Print a row for each sequence, and the mean."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", metavar="DAVIS")
    parser.add_argument("--split", default="train")
    parser.add_argument("--weights", required=True)
    parser.add_argument("--method", default="raft_small", choices=["raft_small", "raft_large"])
    parser.add_argument("--gap", type=int, default=4, help="frames from one to the next that are compared")
    parser.add_argument("--pairs", type=int, default=4, help="pairs of frames of each sequence")
    parser.add_argument("--area", type=int, default=4 * 23296, help="pixels of the working frame")
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    print(read_origin(), flush=True)
    device = torch.device(arguments.device)
    stop_frame = 2 + arguments.gap * arguments.pairs
    config = VideoConfig(start_frame=1, stop_frame=stop_frame, stride=arguments.gap, working_area_px=arguments.area)
    estimators = {
        "none": lambda clip, video_id: _stand_still(clip),
        "DIS": build_flow_estimator(FlowConfig(method="dis"), device),
        "RAFT": build_flow_estimator(FlowConfig(method=arguments.method, weights=arguments.weights), device),
    }
    columns = [f"{kind} {name}" for kind in ("colour", "mask") for name in estimators]
    print(f"{'sequence':18}" + "".join(f"{column:>13}" for column in columns))
    rows = []
    for sequence in list_sequences("davis2016", arguments.root, arguments.split):
        clip = read_clip(join_uri(arguments.root, "JPEGImages", "480p", sequence.name), config)
        rows.append(_evaluate(clip, sequence, list(estimators.values())))
        print(f"{sequence.name:18}" + "".join(f"{value:13.3f}" for value in rows[-1]), flush=True)
    print(f"{'mean':18}" + "".join(f"{value:13.3f}" for value in np.mean(rows, axis=0)))


def _evaluate(clip: Clip, sequence: AnnotatedSequence, estimators: list[FlowEstimator]) -> list[float]:
    flows = [estimate(clip, sequence.name) for estimate in estimators]
    size = clip.frames.shape[2], clip.frames.shape[1]
    truths = {frame.index: frame for frame in sequence.scored_frames}
    masks = [truths[index].read_mask().astype(np.uint8) for index in clip.frame_indices.tolist() if index in truths]
    small = np.stack([cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST) > 0 for mask in masks])
    colour = [evaluate_colour_error(clip.frames, flow) for flow in flows]
    shortened = [Flow(forward=f.forward[: len(small) - 1], backward=f.backward[: len(small) - 1]) for f in flows]
    return colour + [evaluate_mask_error(small, flow) for flow in shortened]


def _stand_still(clip: Clip) -> Flow:
    zeros = np.zeros((len(clip.frames) - 1, *clip.frames.shape[1:3], 2), np.float32)
    return Flow(forward=zeros, backward=zeros)


if __name__ == "__main__":
    main()
