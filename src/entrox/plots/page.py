"""Pages of reports: one HTML file that needs nothing else, neither network nor other files.

Every page has the same style sheet. Whoever fills a page escapes the text of the user.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from string import Template

from entrox.plots.labels import unbroken_html
from entrox.plots.report_figure import ReportFigure
from entrox.plots.style import svg_bytes

__all__ = ["REPORT", "figure_html", "fill_page", "notices_html", "write_page"]

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


def figure_html(number: int, item: ReportFigure, figures: str | Path | None = None) -> str:
    """Return a figure with its number and caption; it stands in the page itself, as SVG.

    ``figures`` is a folder with the figures of this very result; one that is not there is drawn anew.
    """
    path = None if figures is None else Path(figures) / f"{item.name}.svg"
    drawn = path.read_bytes() if path is not None and path.is_file() else svg_bytes(item.figure())
    picture = base64.b64encode(drawn).decode("ascii")
    kind = ' class="narrow"' if item.narrow else ""
    return (
        f'<figure id="figure-{item.name}"><img{kind} alt="{html.escape(item.heading)}" '
        f'src="data:image/svg+xml;base64,{picture}">'
        f"<figcaption><b>Figure {number}.</b> {unbroken_html(item.caption)}</figcaption></figure>"
    )


def notices_html(notices: Sequence[str]) -> str:
    """Return notices as a list."""
    if not notices:
        return "<p>None.</p>"
    return f"<ul>{''.join(f'<li>{unbroken_html(text)}</li>' for text in notices)}</ul>"
