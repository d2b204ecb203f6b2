"""How long does the GPU wait? `python -m benchmarks.idle VIDEOS --config configs/gpu.yaml --set flow.weights=raft-small.pth`

It segments a folder of videos as a job, into a temporary run, and asks `nvidia-smi` five times a second how busy the first
GPU is, from the first outcome (loading is over) to the end of the job. It prints the mean share of time in which a kernel
ran, and the share of moments in which none did. Compare `--set workers.num_gpus=1`, one worker, with 0.5 and 0.25: while one
worker decodes, cuts or writes on the CPU, the others use the GPU. Give it ten videos or more.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from benchmarks.origin import read_origin

_EVERY_MS = 200


def main() -> None:
    """Print one line. Exit if there is no GPU to ask about."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("videos", metavar="VIDEOS")
    parser.add_argument("--config", required=True)
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE", dest="overrides")
    arguments = parser.parse_args()
    print(read_origin(), flush=True)
    smi = shutil.which("nvidia-smi")
    if smi is None:
        sys.exit("nvidia-smi is not here: this measures a GPU, and asks NVIDIA's tool about it")
    sets = [word for override in arguments.overrides for word in ("--set", override)]
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        command = ["segment", arguments.videos, "--out", str(run), "--config", arguments.config, *sets]
        job = subprocess.Popen([sys.executable, "-m", "ike_ray.cli", *command])
        busy = _watch(smi, job, run)
    if job.returncode or not busy:
        sys.exit(f"the job exited with {job.returncode}, after {len(busy)} samples: nothing to report")
    idle = sum(value == 0 for value in busy) / len(busy)
    print(f"{len(busy)} samples: busy {statistics.fmean(busy):.1f} % of the time, no kernel at all in {idle:.1%} of them")


def _watch(smi: str, job: subprocess.Popen[bytes], run: Path) -> list[float]:
    """Return the percentages of time with a kernel, from the first outcome to the end of the job."""
    query = [smi, "--id=0", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", f"--loop-ms={_EVERY_MS}"]
    busy = []
    with subprocess.Popen(query, stdout=subprocess.PIPE, text=True) as samples:
        assert samples.stdout is not None
        threading.Thread(target=lambda: (job.wait(), samples.terminate()), daemon=True).start()
        for line in samples.stdout:
            if busy or any(any(run.glob(f"{folder}/*.parquet")) for folder in ("inbox/outcomes", "outcomes")):
                busy.append(float(line))
    return busy


if __name__ == "__main__":
    main()
