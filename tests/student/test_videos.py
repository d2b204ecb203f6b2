from collections import Counter

import pytest

from ike_ray.config import SamplesConfig
from ike_ray.errors import InputError
from ike_ray.run.parts import pack_inbox
from ike_ray.run.segmented import MaskedVideo, read_masked
from ike_ray.student.videos import hold_out, list_training_videos, list_visits, read_training_videos
from tests.drawn_review import add_verdicts
from tests.drawn_run import DrawnRun


def build_videos(*frames: int) -> list[MaskedVideo]:
    return [
        MaskedVideo(
            run="/run",
            digest="d",
            rows_file="/run/rows",
            video_id=f"v{number}",
            uri=f"/videos/v{number}",
            height=4,
            width=6,
            fps=None,
            confidence=0.5,
            frames=count,
        )
        for number, count in enumerate(frames)
    ]


def test_videos_with_masks_are_listed_wherever_their_rows_lie(drawn_run: DrawnRun) -> None:
    found = list_training_videos([drawn_run.run.uri], SamplesConfig(held_out_fraction=0), 0)
    videos = found.learned
    assert {video.video_id: video.frames for video in videos} == {"bear": 4, "sub/cat.mp4": 3, "dog.mp4": 3}
    assert not found.held_out
    for video in videos:
        assert [row["frame_index"] for row in read_masked(video).rows] == drawn_run.frame_indices[video.video_id]
    pack_inbox(drawn_run.run)  # the rows move, and are found
    for video in videos:
        assert [row["frame_index"] for row in read_masked(video).rows] == drawn_run.frame_indices[video.video_id]


def test_nothing_to_learn_from(drawn_run: DrawnRun, tmp_path: object) -> None:
    with pytest.raises(InputError, match=r"min_video_confidence = 0.9, found 0 of 3"):
        list_training_videos([drawn_run.run.uri], SamplesConfig(min_video_confidence=0.9), 0)
    with pytest.raises(InputError, match="not a run folder"):
        list_training_videos([f"{tmp_path}"], SamplesConfig(), 0)


def test_held_out_videos_follow_the_place_and_the_seed() -> None:
    videos, config = build_videos(*[5] * 20), SamplesConfig(held_out_fraction=0.2)
    split = hold_out(videos, config, 0)
    held_out = {video.uri for video in split.held_out}
    assert len(held_out) == 4
    assert [video for video in videos if video.uri not in held_out] == list(split.learned)
    assert read_training_videos(split.list_rows()) == split
    twice = hold_out([*videos[::-1], *videos], config, 0)  # of two runs
    assert {video.uri for video in twice.held_out} == held_out
    assert len(twice.held_out) == 8
    assert {video.uri for video in hold_out(videos, config, 1).held_out} != held_out
    assert not hold_out(videos[:1], SamplesConfig(), 0).held_out


def test_visits_give_enough_frames_and_go_on_where_they_were() -> None:
    videos, config = build_videos(3, 10, 40), SamplesConfig(frames_a_visit=4)
    visits = list_visits(videos, config, 0, skip=0, count=60)
    # Of 40 frames every tenth, of 10 every third: 4, or 3 at other phases.
    assert sum({"v0": 3, "v1": 4 if visit["phase"] % 3 == 0 else 3, "v2": 4}[visit["video_id"]] for visit in visits) >= 60
    counts = Counter(visit["video_id"] for visit in visits)
    assert max(counts.values()) - min(counts.values()) <= 1
    assert [visit["phase"] for visit in visits] == sorted(visit["phase"] for visit in visits)
    orders = [tuple(visit["video_id"] for visit in visits[start : start + 3]) for start in range(0, 15, 3)]
    assert len(set(orders)) > 1
    assert list_visits(videos, config, 1, skip=0, count=60) != visits
    later = list_visits(videos, config, 0, skip=30, count=30)
    assert visits[-len(later) :] == later
    assert len(later) < len(visits)


def test_of_a_reviewed_run_the_accepted_videos_alone_are_learned(drawn_run: DrawnRun) -> None:
    config = SamplesConfig(held_out_fraction=0, only_accepted=True)
    with pytest.raises(InputError, match="found none accepted and 0 rejected"):
        list_training_videos([drawn_run.run.uri], config, 0)
    add_verdicts(drawn_run.run, {"bear": "accepted", "dog.mp4": ["leaks"], "sub/cat.mp4": "accepted"})
    (every, accepted) = (
        list_training_videos([drawn_run.run.uri], own, 0).learned for own in (SamplesConfig(held_out_fraction=0), config)
    )
    # What is learned of a video is what would be learned without a verdict: rows of the run, and no word of the verdict.
    assert list(accepted) == [video for video in every if video.video_id != "dog.mp4"]
    assert [read_masked(video).rows for video in accepted] == [drawn_run.video(video.video_id).rows for video in accepted]
