"""Settings by name and by path; the names that there are."""

from pathlib import Path

import pytest
import yaml

from ike_ray.config import Config
from ike_ray.corpus.jobs import SETTINGS
from ike_ray.errors import ConfigError, InputError
from ike_ray.settings import config_digest
from ike_ray.settings_file import list_shipped, read_settings_file

CONFIGS = Path(__file__).parents[1] / "configs"


def test_every_file_of_the_folder_has_a_name_and_says_what_it_is_for() -> None:
    shipped = list_shipped()
    assert {entry.name for entry in shipped} == {path.stem for path in CONFIGS.glob("*.yaml")} >= {"default", "fast"}
    for entry in shipped:
        program, job, *what = entry.about.split()
        assert program == "ike-ray"
        assert what
        assert isinstance(read_settings_file(SETTINGS[job], entry.name), SETTINGS[job])
        assert f"--config {entry.name}" in entry.path.read_text()


def test_a_name_and_a_path_give_the_same_settings() -> None:
    assert read_settings_file(Config, "fast") == read_settings_file(Config, str(CONFIGS / "fast.yaml"))
    assert read_settings_file(Config, "fast", ["seed=3"]).seed == 3
    assert read_settings_file(Config, None) == Config()


def test_default_is_what_is_set_without_a_file() -> None:
    assert config_digest(read_settings_file(Config, "default")) == config_digest(Config())


def test_a_word_is_a_name_even_beside_a_file_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fast").write_text(yaml.safe_dump({"seed": 5}))
    assert read_settings_file(Config, "fast").seed == 0
    assert read_settings_file(Config, "./fast").seed == 5


def test_an_unknown_name_lists_those_that_there_are() -> None:
    with pytest.raises(ConfigError, match=r"no settings 'fsat': expected one of default, fast, .*The nearest name is fast"):
        read_settings_file(Config, "fsat")


def test_a_path_that_is_not_there_may_be_meant_as_a_name() -> None:
    with pytest.raises(ConfigError, match=r"no file of settings at configs/nowhere/fast\.yaml: .*--config fast"):
        read_settings_file(Config, "configs/nowhere/fast.yaml")
    with pytest.raises(InputError, match=r"cannot open my\.yaml: expected a file, found nothing"):
        read_settings_file(Config, "my.yaml")


def test_settings_of_another_command_are_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="spectral: unknown setting task"):
        read_settings_file(Config, "spectral")
