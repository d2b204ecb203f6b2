from pathlib import Path

from ike_ray.datasets.open import list_descriptions, read_description
from ike_ray.datasets.page import render_index, render_page

FOLDER = Path(__file__).parents[2] / "docs" / "datasets"


def test_the_docs_are_the_descriptions() -> None:
    """Stale? `python docs/datasets/write_pages.py` makes them anew."""
    pages = {f"{entry.name}.md": render_page(entry) for entry in list_descriptions()}
    pages["README.md"] = render_index(list_descriptions())
    assert {path.name: path.read_text() for path in FOLDER.glob("*.md")} == pages


def test_a_page_has_the_tree_the_rules_and_the_commands() -> None:
    description = read_description("youtube_objects")
    page = render_page(description)
    assert f"```text\n{description.expected_tree}\n```" in page
    for note in description.notes:
        assert f"- {note}" in page
    assert "ike-ray datasets youtube_objects --root ROOT --split all --manifest youtube_objects.csv" in page
    assert "ike-ray evaluate RUN --dataset youtube_objects --root ROOT --split all" in page
