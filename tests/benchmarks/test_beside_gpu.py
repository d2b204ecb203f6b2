from pathlib import Path

from benchmarks import beside_gpu
from ike_ray.datasets.synthetic import draw_clip
from ike_ray.records import VideoRef
from ike_ray.settings import read_config
from ike_ray.video.write import write_video


def test_each_part_that_stays_on_cores_is_measured_once(tmp_path: Path) -> None:
    """Twelve frames, in windows of eight and seven that share three."""
    write_video(f"{tmp_path}/v.mp4", draw_clip(0, num_frames=12, height=96, width=128).frames, 12.0)
    text = Path("configs/gpu.yaml").read_text()
    overrides = ["video.working_size_px=[48,64]", "windows.max_nodes=27648", "windows.overlap_frames=3"]
    config = read_config(text, [*beside_gpu._ON_CPU, *overrides])
    seconds = dict(beside_gpu.measure(VideoRef(video_id="video", uri=f"{tmp_path}/v.mp4"), config))
    assert len(seconds) == 7
    assert min(seconds.values()) > 0
    lines = beside_gpu.build_table(seconds)
    kept = list(seconds.values())[:-1]
    assert lines[-2] == f"| sum | {sum(kept):.3f} |"
