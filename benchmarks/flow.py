"""Does RAFT explain real frames better than DIS? `python benchmarks/flow.py FRAMES --weights raft-small.pth`

FRAMES is a video or a folder of videos or frame folders. For each it prints the mean absolute difference, in grey levels of 0
to 255, between frames and the next ones warped back onto them: with no flow, with DIS and with RAFT. Smaller is better. Flow
is estimated and warped at the working size that the arguments give.
"""

import argparse

import numpy as np
import torch

from ike_ray.config import FlowConfig, VideoConfig
from ike_ray.flow.estimate import build_flow_estimator
from ike_ray.flow.warp import evaluate_warp
from ike_ray.video.clip import read_clip
from ike_ray.video.manifest import list_videos


def main() -> None:
    """Prints one row a video and the mean."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", metavar="FRAMES")
    parser.add_argument("--weights", required=True)
    parser.add_argument("--method", default="raft_small", choices=["raft_small", "raft_large"])
    parser.add_argument("--frames", type=int, default=8, help="frames of each video")
    parser.add_argument("--area", type=int, default=4 * 23296, help="pixels of the working frame")
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    video_config = VideoConfig(stop_frame=arguments.frames, working_area_px=arguments.area)
    dis = build_flow_estimator(FlowConfig(method="dis"), device)
    raft = build_flow_estimator(FlowConfig(method=arguments.method, weights=arguments.weights), device)
    print(f"{'video':24} {'no flow':>8} {'DIS':>8} {arguments.method:>11}")
    rows = []
    for ref in list_videos(arguments.source):
        clip = read_clip(ref.uri, video_config)
        fields = [estimate(clip, ref.video_id).forward for estimate in (dis, raft)]
        rows.append([evaluate_warp(clip.frames, field) for field in (np.zeros_like(fields[0]), *fields)])
        print(f"{ref.video_id:24} {rows[-1][0]:8.3f} {rows[-1][1]:8.3f} {rows[-1][2]:11.3f}", flush=True)
    still, with_dis, with_raft = np.mean(rows, axis=0)
    print(f"{'mean':24} {still:8.3f} {with_dis:8.3f} {with_raft:11.3f}   RAFT / DIS {with_raft / with_dis:.3f}")


if __name__ == "__main__":
    main()
