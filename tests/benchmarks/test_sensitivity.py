from functools import partial

import pytest

from benchmarks import sensitivity
from benchmarks.sensitivity import _CONSTANTS, _change, _draw, _evaluate, _print_table, _read_default, _read_value


def test_every_constant_is_there_and_is_set_back() -> None:
    for constants in _CONSTANTS.values():
        for module, name in constants:
            before = _read_value(module, name)
            with _change(module, name, 2.0, _read_default()):
                pass
            assert _read_value(module, name) == before


def test_a_constant_is_changed_and_later_stages_are_repeated(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With 1,000 times the price of an outline, the mask loses its thin parts or vanishes."""
    monkeypatch.setattr(sensitivity, "_DRAWN_SIZE", (96, 160))
    monkeypatch.setattr(sensitivity, "_FACTORS", (1.0, 1000.0))
    monkeypatch.setattr(sensitivity, "_CONSTANTS", {"cut": (("settings", "refine.edge_weight"),)})
    group, scores = _evaluate(["cut"], partial(_draw, 0, 3))
    assert group == "drawn"
    as_it_is = scores["", "", 1.0]
    assert scores["settings", "refine.edge_weight", 1.0] == as_it_is
    assert scores["settings", "refine.edge_weight", 1000.0] != as_it_is
    _print_table({group: {key: [value] for key, value in scores.items()}}, ["cut"])
    assert "| `refine.edge_weight` | 2.0 |" in capsys.readouterr().out
