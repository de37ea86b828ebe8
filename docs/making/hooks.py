"""What mkdocs calls while it builds: pages that are made from the code, never kept beside it.

    reference/*.md   a page per room, from its docstrings
    commands.md      the command line, from its own help
    schemas.md       every published JSON Schema
    contributing.md, changes.md     the files of the root, their links turned

Guarantee: made anew at every build, so that none can be out of date.
"""

import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

sys.path.insert(0, str(Path(__file__).parent))

import command_page
import room_pages
import schema_page

__all__ = ["on_config", "on_files"]

ROOT = Path(__file__).parents[2]


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Return the settings with a page for every room under Reference."""
    listed = ["reference/index.md", *(f"reference/{room}.md" for room in room_pages.rooms())]
    for part in config.nav or []:
        if isinstance(part, dict) and "Reference" in part:
            part["Reference"] = listed
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Return the files of docs/ and the pages that are made from the code."""
    made = {**room_pages.pages(), **command_page.pages(), **schema_page.pages(), **_of_root()}
    for place, text in made.items():
        files.append(File.generated(config, place, content=text))
    return files


def _of_root() -> dict[str, str]:
    """Return the pages that lie in the root of the repository, where people look for them."""
    return {
        place: (ROOT / name).read_text(encoding="utf-8").replace("](docs/", "](")
        for place, name in (("contributing.md", "CONTRIBUTING.md"), ("changes.md", "CHANGELOG.md"))
    }
