"""Words on figures and pages: axis labels from declared quantities, formulas with subscripts, safe text.

A label is made from the one declaration of a quantity, never typed beside it.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator

from entrox.core import Quantity

__all__ = [
    "MINUS",
    "axis_label",
    "formula_html",
    "formula_mathtext",
    "number_text",
    "plain_mathtext",
    "quantity_title",
    "unbroken_html",
    "unit_text",
]

UNIT_SYMBOLS = {"angstrom": "Å", "^2": "²", "^3": "³", "degree": "°"}
MINUS = "\N{MINUS SIGN}"
# Symbols do not end in x: in "Srx" the x is the amount.
_TOKEN = re.compile(r"(?P<element>[A-Z][a-wyz]?|\))(?P<amount>\([^A-Z()]*\)|[0-9.x/*+\-]+)?|(?P<other>.)", re.DOTALL)


def unit_text(unit: str) -> str:
    """Return a unit as it is printed, with signs for names: ``Å`` for ``angstrom``; empty for a pure number.

    Examples
    --------
    >>> unit_text("e/angstrom^2")
    'e/Å²'
    """
    for name, symbol in UNIT_SYMBOLS.items():
        unit = unit.replace(name, symbol)
    return {"1": "", "um": "µm"}.get(unit, unit)


def quantity_title(quantity: Quantity) -> str:
    """Return the meaning of a quantity, first letter large.

    Examples
    --------
    >>> quantity_title(Quantity("onset_field_mv_per_m", "MV/m", "onset field"))
    'Onset field'
    """
    return quantity.description[:1].upper() + quantity.description[1:]


def axis_label(quantity: Quantity) -> str:
    """Return the label of an axis or a column.

    Examples
    --------
    >>> axis_label(Quantity("mean_free_path_angstrom", "angstrom", "electron mean free path"))
    'Electron mean free path [Å]'
    """
    return quantity_title(Quantity(quantity.name, unit_text(quantity.unit), quantity.description)) + (
        f" [{unit_text(quantity.unit)}]" if unit_text(quantity.unit) else ""
    )


def number_text(value: float | None, digits: int = 4) -> str:
    """Return a number with ``digits`` significant digits, whole digits never rounded away; a dash where there is none.

    Examples
    --------
    >>> number_text(2050.94), number_text(0.127289), number_text(1234567.0)
    ('2051', '0.1273', '1234567')
    """
    if value is None or not math.isfinite(value):
        return "\N{EN DASH}"
    whole = len(str(int(abs(value)))) if abs(value) >= 1 else 0
    text = f"{value:.{max(digits, whole)}g}"
    return text.replace("-", MINUS) if "e" not in text else text


def _tokens(formula: str) -> Iterator[tuple[str, bool]]:
    """Yield the pieces of a formula and whether each is a subscript."""
    for match in _TOKEN.finditer(formula):
        if match["other"] is not None:
            yield match["other"], False
            continue
        yield match["element"], False
        if match["amount"]:
            amount = match["amount"]
            whole = amount[1:-1] if amount.startswith("(") else amount
            yield whole.replace("-", MINUS), True


def formula_html(formula: str) -> str:
    """Return a formula as escaped HTML with its amounts as subscripts.

    Examples
    --------
    >>> formula_html("Ba0.5SrxTiO3")
    'Ba<sub>0.5</sub>Sr<sub>x</sub>TiO<sub>3</sub>'
    """
    return "".join(f"<sub>{html.escape(t)}</sub>" if low else html.escape(t) for t, low in _tokens(formula))


def unbroken_html(text: str) -> str:
    """Return escaped text in which numbers stay with their unit and equal signs with their sides.

    Examples
    --------
    >>> unbroken_html("x = 1 MV/m")
    'x&nbsp;=&nbsp;1&nbsp;MV/m'
    """
    escaped = html.escape(text).replace(" = ", "&nbsp;=&nbsp;")
    return re.sub(r"(?<=\d) (?=(?:MV/m|R|%|Å|eV)\b|%)", "&nbsp;", escaped)


def plain_mathtext(text: str) -> str:
    r"""Return user text that matplotlib draws as it stands: no dollar sign starts a formula, no label is hidden.

    Examples
    --------
    >>> plain_mathtext("cost in $")
    'cost in \\$'
    """
    escaped = text.replace("\\", "\N{REVERSE SOLIDUS}").replace("$", r"\$")
    return f" {escaped}" if escaped.startswith("_") else escaped


def formula_mathtext(formula: str) -> str:
    r"""Return a formula for matplotlib, amounts as upright subscripts.

    Examples
    --------
    >>> formula_mathtext("BaTiO3")
    'BaTiO$_\\mathregular{3}$'
    """
    parts = []
    for text, low in _tokens(formula):
        parts.append(rf"$_\mathregular{{{text.replace(MINUS, '-')}}}$" if low else plain_mathtext(text))
    return "".join(parts)
