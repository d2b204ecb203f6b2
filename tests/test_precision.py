import pytest
import torch

from ike_ray import precision
from ike_ray.precision import build_autocast

CPU = torch.device("cpu")


def multiply() -> torch.dtype:
    return (torch.ones(2, 2) @ torch.ones(2, 2)).dtype


@pytest.mark.parametrize(("has_it", "expected"), [(True, torch.bfloat16), (False, torch.float32)])
def test_a_cpu_without_the_instructions_computes_in_float32(
    has_it: bool, expected: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    capabilities = {"avx512_bf16": has_it, "amx_bf16": False}
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    precision._has_cpu_bfloat16.cache_clear()
    try:
        with build_autocast(CPU, "bfloat16"):
            assert multiply() == expected
        with build_autocast(CPU, "float32"):
            assert multiply() == torch.float32
    finally:
        precision._has_cpu_bfloat16.cache_clear()


def test_an_older_torch_computes_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    precision._has_cpu_bfloat16.cache_clear()
    try:
        with build_autocast(CPU, "bfloat16"):
            assert multiply() == torch.float32
    finally:
        precision._has_cpu_bfloat16.cache_clear()
