from pathlib import Path

import pytest

from ike_ray.config import Config
from ike_ray.errors import ConfigError
from ike_ray.evaluate.system import list_systems
from ike_ray.run.description import create_run


def test_a_label_is_the_last_part_or_what_is_given(tmp_path: Path) -> None:
    systems = list_systems([f"{tmp_path}/flow/", f"other={tmp_path}/masks", f"{tmp_path}/a=b/c"])
    assert [(system.label, system.uri.rstrip("/")) for system in systems] == [
        ("flow", f"{tmp_path}/flow"),
        ("other", f"{tmp_path}/masks"),
        ("c", f"{tmp_path}/a=b/c"),
    ]
    assert {system.supervision for system in systems} == {"unknown"}


def test_a_label_alone_is_told() -> None:
    with pytest.raises(ConfigError, match="'flow=' names no folder"):
        list_systems(["flow="])


def test_labels_stay_apart_as_folders_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="several systems are called 'masks'"):
        list_systems([f"{tmp_path}/a/masks", f"{tmp_path}/b/masks"])
    with pytest.raises(ConfigError, match="several systems are called 'a b'"):
        list_systems([f"a b={tmp_path}/a", f"a_b={tmp_path}/b"])


def test_what_a_system_saw_is_stated(tmp_path: Path) -> None:
    systems = list_systems([f"a={tmp_path}", f"b={tmp_path}", f"c={tmp_path}"], ["c=masks", "a=none"])
    assert [system.supervision for system in systems] == ["none", "unknown", "masks"]


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ("flow=masks", r"--supervision flow=masks: there is no system 'flow'\. The nearest is 'flo'; there are: flo, other"),
        ("flo=some", "expected LABEL=KIND, where KIND is one of none, pretraining, masks, unknown"),
        ("masks", "expected LABEL=KIND"),
    ],
)
def test_a_wrong_statement_is_told(tmp_path: Path, stated: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        list_systems([f"flo={tmp_path}", f"other={tmp_path}"], [stated])


def test_a_run_saw_nothing(tmp_path: Path) -> None:
    run = create_run(f"{tmp_path}/run", Config(), "videos", [])
    assert list_systems([run.uri])[0].supervision == "none"
    assert list_systems([f"ours={run.uri}"], ["ours=none"])[0].supervision == "none"
    with pytest.raises(ConfigError, match=r"--supervision ours=masks: .*/run is a run of ike_ray, which saw no label"):
        list_systems([f"ours={run.uri}"], ["ours=masks"])
