"""Pages of reports: one HTML file that needs nothing else, neither network nor other files.

Every page has the same style sheet. Whoever fills a page escapes the text of the user.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from string import Template

__all__ = ["REPORT", "fill_page", "write_page"]

REPORT = "report.html"


class _Page(Template):
    """Template whose placeholders are written ``%%name``, so that style and script need no escaping."""

    delimiter = "%%"


def fill_page(template: str, **parts: str) -> str:
    """Return a page made from a template of this package and its parts, which are HTML already."""
    return _Page(_text(template)).substitute(style=_text("page.css"), **parts)


def _text(name: str) -> str:
    return files("entrox.plots").joinpath("data", name).read_text(encoding="utf-8")


def write_page(folder: str | Path, text: str) -> Path:
    """Write ``report.html`` into a folder, which is made if it does not exist; the file is replaced whole or not."""
    path = Path(folder) / REPORT
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{REPORT}.part")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
    return path
