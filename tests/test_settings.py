from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from ike_ray.config import Config, NetworkConfig, SpectralRunConfig, WorkersConfig
from ike_ray.corpus.jobs import SETTINGS
from ike_ray.errors import ConfigError
from ike_ray.settings import build_config, config_digest, config_values, list_differences, read_config, read_settings_of

CONFIGS = sorted((Path(__file__).parents[1] / "configs").glob("*.yaml"))


def test_empty_text_gives_the_defaults() -> None:
    assert read_config("") == Config()


def test_an_override_beats_the_text() -> None:
    overrides = ["graph.saliency_stride=9", "graph.published.ridge=5", "video.working_size_px=[64, 96]", "seed=3"]
    config = read_config("graph: {saliency_stride: 7, published: {reach_frames: 8}}", overrides)
    assert (config.graph.saliency_stride, config.video.working_size_px, config.seed) == (9, (64, 96), 3)
    assert (config.graph.published.ridge, config.graph.published.reach_frames) == (5.0, 8)


@pytest.mark.parametrize(
    ("text", "overrides", "message"),
    [
        ("graph: {published: {reech_frames: 7}}", [], "nearest known one is graph.published.reach_frames"),
        ("grph: {saliency_stride: 7}", [], "nearest known one is graph"),
        ("", ["graph.iterations=3"], "unknown setting graph.iterations"),
        ("", ["graph.saliency_stride"], "expected section.key=value"),
        ("", ["seed.x=1"], "seed"),
        ("graph: 3", [], "is a section"),
        ("graph: {published: 3}", [], "graph.published is a section"),
        ("- a", [], "mapping"),
        ("a: [", [], "not YAML"),
        ("graph: {saliency_stride: 0}", [], "graph.saliency_stride: Input should be greater than or equal to 1, found 0"),
        ("graph: {saliency_stride: many}", [], "found 'many'"),
        ("flow: {method: raft_small}", [], "needs `weights`"),
        ("flow: {method: files}", [], "needs `folder`"),
        ("video: {start_frame: 5, stop_frame: 5}", [], "must be greater than start_frame"),
        ("workers: {num_gpus: 1.5}", [], "num_gpus above 1 must be whole"),
        ("graph: {published: {reach_frames: 3}}", [], "must not exceed reach_frames"),
        ("graph: {method: power}", ["second_cue.model=student"], "Choose walk, or leave second_cue.model out"),
        ("refine: {sharpen: none}", ["features.model=facebook/dino-vits16"], "Choose clip, or leave features.model out"),
        ("features: {model: ''}", [], "features.model"),
        ("video: {working_size_px: [480, 854]}", [], "holds 9 frames of the working size"),
        ("windows: {max_nodes: 500000}", [], "holds 10 frames of the working size"),
        ("shots: {detector: content}", [], "shots.detector"),
    ],
)
def test_a_wrong_setting_is_named(text: str, overrides: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message.replace("(", r"\(")):
        read_config(text, overrides)


# Some lines that stand for nine to the eleventh power of letters.
BOMB = ["a0: &a0 [x]", *(f"a{i}: &a{i} [{', '.join(9 * [f'*a{i - 1}'])}]" for i in range(1, 12))]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 20_000, "brackets in brackets"),
        ("a: " + "[" * 20_000 + "]" * 20_000, "brackets in brackets"),
        ("{a: " * 20_000, "brackets in brackets"),
        ("seed: 2024-99-99", "Put that value into quotes"),
        ("seed: " + "1" * 10_000, "Put that value into quotes"),
        ("seed: !!python/object/apply:os.system [ls]", "could not determine a constructor"),
        ("seed: &a [*a, *a]", "found"),
        ("\n".join([*BOMB, "seed: *a11"]), "unknown setting a0"),
        ("seed:\n - " + "\n - ".join(line.partition(": ")[2] for line in BOMB), "seed: .*, found"),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_yaml_that_no_program_should_read_is_told(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        read_config(text)
    assert len(str(caught.value)) < 5000
    if len(text) > 10_000:
        with pytest.raises(ConfigError, match=message):
            read_config("", [f"seed={text.removeprefix('seed: ')}"])


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
    read_settings_of(SETTINGS[command], text, source=str(path))
    assert "TIME" not in text
    assert "SCORE" not in text
    for word, line in zip(("Command", "Hardware", "Time", "Score"), text.splitlines()[1:], strict=False):
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
