"""What a repository has: versions agree, and what a workflow runs exists."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ike_ray import __version__

REPOSITORY = Path(__file__).parents[2]
TEMPLATES = sorted((REPOSITORY / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def read_yaml(path: str) -> Any:
    return yaml.safe_load((REPOSITORY / path).read_text())


def test_the_version_is_the_same_everywhere() -> None:
    assert read_yaml("CITATION.cff")["version"] == __version__
    titles = re.findall(r"^## (.*)$", (REPOSITORY / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    assert any(title.startswith(f"{__version__} ") for title in titles)


def test_the_workflow_runs_make_targets_that_exist() -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    job = read_yaml(".github/workflows/ci.yml")["jobs"]["make"]
    assert "make ${{ matrix.target }}" in [step.get("run") for step in job["steps"]]
    targets = job["strategy"]["matrix"]["target"]
    assert {"check", "test", "docs"} <= set(targets)
    for target in targets:
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_issue_templates_are_forms(path: Path) -> None:
    form = yaml.safe_load(path.read_text())
    if path.stem == "config":
        assert form["blank_issues_enabled"] is True
        return
    assert {"name", "description", "body"} <= set(form)
    for entry in form["body"]:
        assert entry["type"] in ("textarea", "input", "markdown")
        assert entry["type"] == "markdown" or {"id", "attributes"} <= set(entry)
