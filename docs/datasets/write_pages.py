"""Writes the pages of this folder from the datasets' descriptions: `python docs/datasets/write_pages.py`."""

from pathlib import Path

from ike_ray.datasets.open import list_descriptions
from ike_ray.datasets.page import render_index, render_page

FOLDER = Path(__file__).parent

(FOLDER / "README.md").write_text(render_index(list_descriptions()))
for description in list_descriptions():
    (FOLDER / f"{description.name}.md").write_text(render_page(description))
