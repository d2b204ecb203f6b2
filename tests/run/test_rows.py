from dataclasses import replace

import numpy as np
import pytest

from ike_ray.records import Clip, CycleRecord, WindowRecord
from ike_ray.run.rows import describe_segmented


def build_window(number: int, *cycles: int) -> WindowRecord:
    history = tuple(
        CycleRecord(
            cycle=cycle,
            mask_iou=None,
            graph_network_iou=0.8 if cycle else None,
            confidence=0.5,
            graph_movement=0.0,
            area_fraction=0.1,
            graph_s=1.0,
            network_s=1.0,
        )
        for cycle in cycles
    )
    return WindowRecord(window=number, shot=1, history=history, is_converged=not cycles[-1])


def build_clip(warning: str | None = None) -> Clip:
    return Clip(
        frames=np.zeros((1, 4, 6, 3), np.uint8),
        flow_frames=np.zeros((1, 4, 6, 3), np.uint8),
        frame_indices=np.array([0]),
        timestamps_s=np.array([0.0]),
        height=4,
        width=6,
        fps=10.0,
        warning=warning,
    )


@pytest.mark.parametrize(
    ("windows", "expected"),
    [([(0,)], 0), ([(0,), (0,)], 0), ([(1, 2), (1,)], 3)],
)
def test_only_cycles_with_a_network_are_counted(windows: list[tuple[int, ...]], expected: int) -> None:
    records = [build_window(number, *cycles) for number, cycles in enumerate(windows, start=1)]
    columns = describe_segmented(records, [{"confidence": 0.5, "cut": 0.5}], [], build_clip())
    assert columns["cycles"] == expected
    assert columns["windows"] == len(windows)
    assert [row["cycle"] for row in columns["history"]] == [cycle for cycles in windows for cycle in cycles]
    assert [row["graph_network_iou"] is None for row in columns["history"]] == [
        row["cycle"] == 0 for row in columns["history"]
    ]


@pytest.mark.parametrize(
    ("of_video", "num_halves", "expected"),
    [
        (None, 0, None),
        ("2 packets are damaged", 0, "2 packets are damaged"),
        (None, 2, "2 windows are halves, since the GPU had too little memory: lower windows.max_nodes"),
        (
            "2 packets are damaged",
            4,
            "2 packets are damaged; 4 windows are halves, since the GPU had too little memory: lower windows.max_nodes",
        ),
    ],
)
def test_a_row_warns_of_windows_that_were_halved(of_video: str | None, num_halves: int, expected: str | None) -> None:
    records = [replace(build_window(number, 0), is_half=number <= num_halves) for number in range(1, 6)]
    columns = describe_segmented(records, [{"confidence": 0.5, "cut": 0.5}], [], build_clip(of_video))
    assert columns["warning"] == expected
