from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from ike_ray.config import Config, NetworkConfig, SpectralRunConfig, WorkersConfig, choose_config
from ike_ray.errors import ConfigError
from ike_ray.settings import build_config, config_digest, config_values, list_differences, read_config, read_settings_of

CONFIGS = sorted((Path(__file__).parents[1] / "configs").glob("*.yaml"))


def test_empty_text_gives_the_defaults() -> None:
    assert read_config("") == Config()


def test_an_override_beats_the_text() -> None:
    config = read_config("graph: {reach_frames: 7}", ["graph.reach_frames=9", "video.working_size_px=[64, 96]", "seed=3"])
    assert (config.graph.reach_frames, config.video.working_size_px, config.seed) == (9, (64, 96), 3)


@pytest.mark.parametrize(
    ("text", "overrides", "message"),
    [
        ("graph: {reech_frames: 7}", [], "nearest known one is graph.reach_frames"),
        ("grph: {reach_frames: 7}", [], "nearest known one is graph"),
        ("", ["graph.iterations=3"], "unknown setting graph.iterations"),
        ("", ["graph.reach_frames"], "expected section.key=value"),
        ("", ["seed.x=1"], "seed"),
        ("graph: 3", [], "is a section"),
        ("- a", [], "mapping"),
        ("a: [", [], "not YAML"),
        ("graph: {reach_frames: 0}", [], "graph.reach_frames: Input should be greater than or equal to 1, found 0"),
        ("graph: {reach_frames: many}", [], "found 'many'"),
        ("flow: {method: raft_small}", [], "needs `weights`"),
        ("flow: {method: files}", [], "needs `folder`"),
        ("video: {start_frame: 5, stop_frame: 5}", [], "must be greater than start_frame"),
        ("workers: {num_gpus: 1.5}", [], "num_gpus above 1 must be whole"),
        ("graph: {reach_frames: 3}", [], "must not exceed reach_frames"),
        ("graph: {method: power}", ["second_cue.model=student"], "Choose walk, or leave second_cue.model out"),
        ("video: {working_size_px: [480, 854]}", [], "holds 9 frames of the working size"),
        ("windows: {max_nodes: 500000}", [], "holds 10 frames of the working size"),
        ("shots: {detector: content}", [], "shots.detector"),
    ],
)
def test_a_wrong_setting_is_named(text: str, overrides: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message.replace("(", r"\(")):
        read_config(text, overrides)


def test_values_survive_yaml() -> None:
    config = read_config("video: {working_size_px: [224, 416]}\nflow: {method: files, folder: flows}")
    assert build_config(Config, yaml.safe_load(yaml.safe_dump(config_values(config)))) == config


def test_the_digest_follows_what_can_change_a_mask() -> None:
    config = Config()
    assert config_digest(config) == config_digest(replace(config, workers=WorkersConfig(num_workers=3)))
    assert config_digest(config) != config_digest(replace(config, network=NetworkConfig(num_steps=121)))
    assert config_digest(config) != config_digest(replace(config, seed=1))
    assert config_digest(config) != config_digest(replace(config, workers=WorkersConfig(num_gpus=1)))
    assert config_digest(config) == config_digest(read_config("video: {max_frames: 7}"))


def test_differences_are_named() -> None:
    other = read_config("", ["network.num_steps=7", "workers.num_workers=3"])
    assert list_differences(Config(), other) == ["network.num_steps: 120 -> 7"]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_a_shipped_file_loads_and_opens_with_its_facts(path: Path) -> None:
    text = path.read_text()
    command = text.split("ike-ray ")[1].split()[0]
    read_settings_of(choose_config(command), text, source=str(path))
    assert "TIME" not in text
    assert "SCORE" not in text
    for word, line in zip(("Command", "Hardware", "Time", "Score"), text.splitlines(), strict=False):
        assert line.startswith(f"# {word}"), line


def test_default_is_what_one_gets_without_a_file() -> None:
    text = next(path for path in CONFIGS if path.name == "default.yaml").read_text()
    assert read_config(text) == Config()


def test_spectral_is_what_one_gets_without_a_file() -> None:
    text = next(path for path in CONFIGS if path.name == "spectral.yaml").read_text()
    assert read_settings_of(SpectralRunConfig, text) == SpectralRunConfig()


def test_each_job_has_settings_of_its_own() -> None:
    config = read_settings_of(SpectralRunConfig, "task: regions", ["eigenvectors.num_vectors=12"])
    assert (config.task, config.method.eigenvectors.num_vectors) == ("regions", 12)
    with pytest.raises(ConfigError, match="unknown setting graph"):
        read_settings_of(SpectralRunConfig, "graph: {decay_frames: 3}")
    with pytest.raises(ConfigError, match=r"unknown setting eigenvectors\.num_vector\. The nearest known one"):
        read_settings_of(SpectralRunConfig, "", ["eigenvectors.num_vector=12"])
