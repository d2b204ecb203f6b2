import pytest

from ike_ray.config import WorkersConfig
from ike_ray.corpus.cluster import choose_num_workers
from ike_ray.errors import ConfigError


@pytest.mark.parametrize(
    ("config", "num_videos", "nodes", "expected"),
    [
        (WorkersConfig(), 100, [{"CPU": 8.0}], 8),
        (WorkersConfig(num_cpus=3), 100, [{"CPU": 8.0}], 2),
        (WorkersConfig(num_cpus=3), 100, [{"CPU": 8.0}, {"CPU": 4.0}], 3),
        (WorkersConfig(), 3, [{"CPU": 8.0}], 3),
        (WorkersConfig(num_workers=2), 100, [{"CPU": 8.0}], 2),
        (WorkersConfig(num_cpus=2, num_gpus=1), 100, [{"CPU": 64.0, "GPU": 4.0}, {"CPU": 64.0}], 4),
        (WorkersConfig(num_cpus=2, num_gpus=0.1), 100, [{"CPU": 64.0, "GPU": 2.0}], 20),
        (WorkersConfig(num_cpus=1, num_gpus=0.6), 100, [{"CPU": 64.0, "GPU": 2.0}], 2),
        (WorkersConfig(num_cpus=8, num_gpus=0.5), 100, [{"CPU": 16.0, "GPU": 4.0}], 2),
    ],
)
def test_the_pool_fills_the_nodes(
    config: WorkersConfig, num_videos: int, nodes: list[dict[str, float]], expected: int
) -> None:
    assert choose_num_workers(config, num_videos, nodes) == expected


def test_what_no_node_has_is_told() -> None:
    with pytest.raises(ConfigError, match="asks for 1 CPUs and 1 GPUs, and no node of the cluster has them: found 8 CPUs, 0"):
        choose_num_workers(WorkersConfig(num_gpus=1), 5, [{"CPU": 8.0}])
    with pytest.raises(ConfigError, match="asks for 8 CPUs"):
        choose_num_workers(WorkersConfig(num_cpus=8), 5, [{"CPU": 6.0}, {"CPU": 6.0}])
