"""Do the intervals of `ike-ray plan` hold the truth? `python -m benchmarks.plan RUN --sample 8`

RUN is a finished run. The whole is estimated from random samples of its own rows, as `ike-ray plan` does, and compared with
what the run took. It prints the share of samples whose interval holds the truth, which should be 90 %, and how far off the
estimates are.
"""

import argparse

import numpy as np

from benchmarks.origin import read_origin
from ike_ray.corpus.plan import estimate_totals, list_video_sizes
from ike_ray.records import STAGES
from ike_ray.run.description import open_run

_NUM_SAMPLES = 300


def main() -> None:
    """Print a line for worker hours and one for storage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("--sample", type=int, default=8)
    arguments = parser.parse_args()
    print(read_origin(), flush=True)
    run = open_run(arguments.run)
    table = run.read_outcomes(["video_id", "status", "frames", *(f"seconds_{stage}" for stage in STAGES)]).to_pandas()
    table = table[table["status"] == "ok"]
    frames = table["frames"].to_numpy(np.float64)
    seconds = table[[f"seconds_{stage}" for stage in STAGES]].sum(axis=1).to_numpy(np.float64)
    num_bytes = list_video_sizes(run, table["video_id"].tolist())
    truth = {"worker_hours": seconds.sum() / 3600, "storage_gb": num_bytes.sum() / 1e9}
    rng = np.random.default_rng(0)
    samples = [rng.permutation(len(frames))[: arguments.sample] for _ in range(_NUM_SAMPLES)]
    plans = [estimate_totals(frames[s], seconds[s], num_bytes[s], frames, len(frames)) for s in samples]
    for name, value in truth.items():
        is_held = np.mean([plan[name].low <= value <= plan[name].high for plan in plans])
        errors = [abs(plan[name].middle / value - 1) for plan in plans]
        print(
            f"{name}: {value:.4g}, held by {is_held:.0%} of the intervals of {arguments.sample} of {len(frames)} videos; "
            f"estimates off by {np.median(errors):.0%} in the median, {np.quantile(errors, 0.9):.0%} at the 90th percentile"
        )


if __name__ == "__main__":
    main()
