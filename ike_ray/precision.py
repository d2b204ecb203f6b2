"""The arithmetic in which a device computes networks."""

import functools
from typing import Literal

import torch

Precision = Literal["float32", "bfloat16"]


def build_autocast(device: torch.device, precision: Precision) -> torch.autocast:
    """Return a context that computes convolutions and matrix products in `precision`, and weights and sums in float32.

    bfloat16 is slower than float32 on a CPU that has no instructions for it, and is not used there.
    """
    is_mixed = precision == "bfloat16" and (device.type != "cpu" or _has_cpu_bfloat16())
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=is_mixed)


@functools.cache
def _has_cpu_bfloat16() -> bool:
    if not hasattr(torch.cpu, "get_capabilities"):  # an older torch has the arithmetic but cannot tell what the CPU has
        return False
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
