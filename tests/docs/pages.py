"""Code blocks of a page of the documentation, and how they are run."""

import importlib.util
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

DOCS = Path(__file__).parents[2] / "docs"


@dataclass(frozen=True)
class Block:
    """A code block, the heading that it is under, and the package that it needs beside this one's own."""

    heading: str
    language: str
    text: str
    needs: str | None


@cache
def load_writer() -> ModuleType:
    """docs/write_pages.py, as MkDocs loads it."""
    specification = importlib.util.spec_from_file_location("write_pages", DOCS / "write_pages.py")
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@cache
def list_built_pages() -> dict[str, str]:
    """The pages that only the build has, by their paths below docs/."""
    return load_writer().render_built_pages()


def read_page(page: str) -> str:
    """The text of docs/PAGE.md, or of the page that the build has there."""
    path = DOCS / f"{page}.md"
    return path.read_text() if path.is_file() else list_built_pages()[f"{page}.md"]


def list_blocks(page: str) -> list[Block]:
    """The blocks of docs/PAGE.md, in order."""
    blocks, heading = [], ""
    pattern = r"^#+ ([^\n]*)$|^(?:<!-- needs: (\w+) -->\n)?```(\w+)\n(.*?)^```$"
    for match in re.finditer(pattern, read_page(page), flags=re.MULTILINE | re.DOTALL):
        title, needs, language, text = match.groups()
        if title is None:
            blocks.append(Block(heading, language, text, needs))
        else:
            heading = title
    return blocks


def replace_places(text: str, places: Mapping[str, str]) -> str:
    """`text` with real folders where it has placeholders."""
    for name, place in places.items():
        text = re.sub(rf"\b{name}\b", place, text)
    return text


def list_commands(page: str, places: Mapping[str, str]) -> list[list[str]]:
    """The commands of the page's bash blocks, split into words."""
    lines = [line for block in list_blocks(page) if block.language == "bash" for line in block.text.splitlines()]
    return [shlex.split(replace_places(line, places), comments=True) for line in lines if line.strip()]
