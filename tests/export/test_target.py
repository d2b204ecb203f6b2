import json
from pathlib import Path

import pytest

from ike_ray.errors import ConfigError
from ike_ray.export.target import claim_folder, describe_export, refuse_used_file
from tests.drawn_run import DrawnRun


def test_a_folder_says_what_it_holds_and_may_be_continued(drawn_run: DrawnRun, tmp_path: Path) -> None:
    target = f"{tmp_path}/out"
    description = describe_export(drawn_run.run, "png")
    assert claim_folder(target, description) == target
    found = json.loads((tmp_path / "out" / "export.json").read_text())
    assert (found["to"], found["run"], found["config_digest"]) == ("png", drawn_run.run.uri, drawn_run.run.digest)
    (tmp_path / "out" / "bear").mkdir()
    claim_folder(target, description)


def test_another_export_is_refused_by_name(drawn_run: DrawnRun, tmp_path: Path) -> None:
    claim_folder(f"{tmp_path}/out", describe_export(drawn_run.run, "png"))
    with pytest.raises(ConfigError, match=r"out holds another export: to: png -> davis\. Use another --out"):
        claim_folder(f"{tmp_path}/out", describe_export(drawn_run.run, "davis"))


def test_a_folder_with_other_files_is_refused(drawn_run: DrawnRun, tmp_path: Path) -> None:
    description = describe_export(drawn_run.run, "png")
    with pytest.raises(ConfigError, match="expected a new or empty folder, found one with other files"):
        claim_folder(drawn_run.run.uri, description)
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="expected a folder, found a file"):
        claim_folder(f"{tmp_path}/file", description)
    (tmp_path / "empty").mkdir()
    claim_folder(f"{tmp_path}/empty", description)


def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    refuse_used_file(f"{tmp_path}/new.json")
    (tmp_path / "old.json").touch()
    with pytest.raises(ConfigError, match=r"old\.json: expected a new file, found a file"):
        refuse_used_file(f"{tmp_path}/old.json")
    with pytest.raises(ConfigError, match="expected a new file, found a folder"):
        refuse_used_file(str(tmp_path))


def test_no_credential_is_written(drawn_run: DrawnRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORE_PASSWORD", drawn_run.run.uri)
    assert drawn_run.run.uri not in json.dumps(describe_export(drawn_run.run, "png"))
