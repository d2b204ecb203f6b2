"""In which arithmetic a device computes networks."""

import functools
from typing import Literal

import torch

Precision = Literal["float32", "bfloat16"]


def build_autocast(device: torch.device, precision: Precision) -> torch.autocast:
    """A context in which convolutions and matrix products are computed in `precision`, weights and sums in float32.

    bfloat16 on a CPU that has no instructions for it would be slower than float32, and is not used there.
    """
    is_mixed = precision == "bfloat16" and (device.type != "cpu" or _has_cpu_bfloat16())
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=is_mixed)


@functools.cache
def _has_cpu_bfloat16() -> bool:
    if not hasattr(torch.cpu, "get_capabilities"):  # an older torch: it has the arithmetic, and no word of the CPU's
        return False
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
