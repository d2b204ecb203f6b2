"""Let torchvision's pure-Python models run beside a CPU build of torch.

The torchvision on the package index is built against CUDA and registers operators that a CPU torch lacks; declaring them
first is enough for the models. On a user's machine, with matching builds, nothing of this is needed.

As a program it runs another one so: `python tests/torchvision_without_cuda.py benchmarks/flow.py ...`
"""

import runpy
import sys

import torch

_LIBRARY = torch.library.Library("torchvision", "FRAGMENT")  # operators live as long as this does


def declare_operators() -> None:
    """Declare what torchvision expects of its compiled part if that part is not there."""
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            _LIBRARY.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


if __name__ == "__main__":
    declare_operators()
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")
