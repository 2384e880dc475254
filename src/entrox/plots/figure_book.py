"""The interactive figures of a page in the order in which they stand: their numbers, captions and data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from entrox.plots.labels import unbroken_html

__all__ = ["FigureBook"]


class FigureBook:
    """Figures of one page."""

    def __init__(self) -> None:
        self._drawn: dict[str, Callable[[], Any]] = {}

    def add(self, name: str, draw: Callable[[], Any], caption: str) -> str:
        """Take up a figure and return its place on the page as HTML.

        Parameters
        ----------
        name
            Name of the figure, unique on the page.
        draw
            Makes the plotly figure.
        caption
            Plain text.
        """
        self._drawn[name] = draw
        return (
            f'<figure id="figure-{name}"><div class="plot" id="plot-{name}"></div>'
            f"<figcaption><b>Figure {len(self._drawn)}.</b> {unbroken_html(caption)}</figcaption></figure>"
        )

    def number(self, name: str) -> int | None:
        """Return the number of a figure, None if the page does not have it."""
        names = list(self._drawn)
        return names.index(name) + 1 if name in names else None

    def data(self) -> str:
        """Return the figures as JSON that may stand inside a script element."""
        text = ",".join(f'"{name}":{draw().to_json()}' for name, draw in self._drawn.items())
        # nothing in it can end the element or open a comment
        return f"{{{text}}}".replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
