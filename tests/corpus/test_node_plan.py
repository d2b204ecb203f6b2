from pathlib import Path

import pytest

from ike_ray.config import WorkersConfig
from ike_ray.corpus.node_plan import Usage, count_workers, estimate_node, measure_usage
from ike_ray.corpus.plan import estimate_plan
from ike_ray.corpus.segment import SEGMENT
from ike_ray.datasets.synthetic import draw_clip
from ike_ray.errors import ConfigError
from ike_ray.records import VideoRef
from ike_ray.run.description import create_run
from ike_ray.settings import read_config
from ike_ray.video.write import write_video

USAGE = Usage(
    seconds=0.5, cpu_s=0.25, read_bytes=4e4, written_bytes=1e3, peak_mb=3000.0, gpu_peak_mb=2000.0, largest_copy_bytes=5e8
)


def test_a_node_of_eight_gpus_by_hand() -> None:
    """Sixteen workers at half a second a frame do 32 frames a second, at a quarter of a core's second a frame."""
    config = WorkersConfig(num_cpus=4, num_gpus=0.5)
    assert count_workers(config, 8) == 16
    needs = estimate_node(USAGE, config, 16)
    assert (needs.frames_per_s, needs.busy_cores, needs.reserved_cores) == (32, 8, 64)
    assert (needs.memory_gb, needs.gpu_memory_gb, needs.copies_gb) == (48, 4, 8)
    assert needs.read_mb_per_s == pytest.approx(1.28)
    assert needs.written_mb_per_s == pytest.approx(0.032)


def test_workers_that_share_or_span_gpus() -> None:
    assert [count_workers(WorkersConfig(num_gpus=share), 8) for share in (1.0, 0.3, 3.0)] == [8, 24, 2]
    with pytest.raises(ConfigError, match="--config gpu"):
        count_workers(WorkersConfig(), 8)


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
def test_what_a_sample_took(tmp_path: Path) -> None:
    videos = [tmp_path / f"{number}.mp4" for number in range(2)]
    for number, video in enumerate(videos):
        write_video(str(video), draw_clip(number, num_frames=4 + 4 * number, height=64, width=96).frames, 10.0)
    refs = [VideoRef(video_id=video.name, uri=str(video)) for video in videos]
    small = "video: {working_size_px: [48, 64]}\nworkers: {num_workers: 1}\n"
    config = read_config(small + "output: {profile: true}")
    run = create_run(str(tmp_path / "run"), config, str(tmp_path), refs)
    plan = estimate_plan(SEGMENT, refs, run, config, sample=2, count=2)
    usage = measure_usage(run, refs)
    assert usage.seconds * 12 == pytest.approx(plan.worker_hours.middle * 3600)
    assert usage.written_bytes * 12 == pytest.approx(plan.storage_gb.middle * 1e9)
    assert usage.read_bytes == pytest.approx(sum(video.stat().st_size for video in videos) / 12)
    assert usage.cpu_s > 0
    assert 50 < usage.peak_mb < 1e4
    assert (usage.gpu_peak_mb, usage.largest_copy_bytes) == (None, 0)
    plain = create_run(str(tmp_path / "plain"), read_config(small), str(tmp_path), refs)
    with pytest.raises(ConfigError, match="profile"):
        measure_usage(plain, refs)
