import pytest

from ike_ray.records import STAGES
from ike_ray.report.videos import describe_videos, list_shown, shorten
from ike_ray.run.folder import RunFolder
from ike_ray.run.parts import pack_inbox
from tests.report.written_run import CYCLE, write_segmented


def test_failures_come_first_then_the_least_confident(run: RunFolder) -> None:
    for name, confidence in (("x.mp4", 0.9), ("y.mp4", 0.1), ("z.mp4", 0.5)):
        write_segmented(run, name, confidence=confidence)
    shown, counts = list_shown(run, 100)
    assert [row["video_id"] for row in shown][1:] == ["b.mp4", "y.mp4", "z.mp4", "a.mp4", "x.mp4"]
    assert counts == {"ok": 4, "failed": 2, "skipped": 0}
    fewer, counts = list_shown(run, 3)
    assert [row["video_id"] for row in fewer][1:] == ["b.mp4", "y.mp4"]
    assert counts == {"ok": 4, "failed": 2, "skipped": 0}


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_segmented_video_is_told_in_numbers(run: RunFolder, is_packed: bool) -> None:
    if is_packed:
        pack_inbox(run)
    video = next(video for video in describe_videos(run, list_shown(run, 9)[0], None) if video["status"] == "ok")
    assert (video["id"], video["name"], video["warning"]) == ("a.mp4", run.video_name("a.mp4"), "breaks off")
    assert video["area"] == 0.123
    assert video["aspect"] == pytest.approx(64 / 48, abs=0.01)
    assert (video["tiles"], video["span"]) == ([0, 5, 11], [0, 11])
    assert video["confidences"] == [round(index / 20, 2) for index in range(12)]
    assert video["stages"] == dict.fromkeys(STAGES, 0.5)
    assert video["history"]["graph_network_iou"] == [0.8]
    assert video["history"]["mask_iou"] == [None]
    assert video["pictures"] == ["strips", "layers"]
    assert "scores" not in video


def test_the_object_s_share_is_that_of_each_window_s_last_cycle(run: RunFolder) -> None:
    windows = [(1, 1, 0.9), (1, 2, 0.2), (2, 1, 0.4)]
    history = [CYCLE | {"window": w, "cycle": c, "area_fraction": area} for w, c, area in windows]
    write_segmented(run, "long.mp4", history=history)
    videos = {video["id"]: video for video in describe_videos(run, list_shown(run, 9)[0], None)}
    assert videos["long.mp4"]["area"] == pytest.approx(0.3)


def test_where_no_network_was_asked_graph_and_network_have_no_overlap(run: RunFolder) -> None:
    history = [CYCLE | {"window": window, "cycle": 0, "graph_network_iou": None, "area_fraction": 0.2} for window in (1, 2)]
    write_segmented(run, "graph.mp4", history=history, cycles=0, converged=True)
    video = next(video for video in describe_videos(run, list_shown(run, 9)[0], None) if video["id"] == "graph.mp4")
    assert video["history"]["graph_network_iou"] == [None, None]
    assert video["history"]["confidence"] == [0.7, 0.7]
    assert (video["cycles"], video["area"]) == (0, 0.2)


def test_curves_are_shortened_to_means() -> None:
    assert shorten([0.1, 0.2], 5) == [0.1, 0.2]
    assert shorten([1.0, 3.0, None, None, 5.0, None], 3) == [2.0, None, 5.0]
    assert shorten([], 3) == []
    assert len(shorten([0.5] * 1000, 64)) == 64
