"""HTML tables of the report: best points, all points, warnings, settings, provenance. All text is escaped here.

Headers are made from the declared quantities; every number stands with its unit, and with its uncertainty where one
was computed.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from entrox.core import Quantity
from entrox.design import BestPoint, StudyResult
from entrox.design.remarks import Remark, pattern_of, remarks_of
from entrox.plots.captions import family_verdict
from entrox.plots.curves import (
    BREAKDOWN_FIELD,
    EXTRAPOLATED,
    FamilyCurve,
    breakdown_families,
    family_curves,
    interval_columns,
    spread_column,
)
from entrox.plots.labels import formula_html, number_text, quantity_title, unbroken_html, unit_text

__all__ = [
    "best_table",
    "key_table",
    "number_table",
    "plain_table",
    "points_table",
    "provenance_tables",
    "verdict_list",
    "warnings_table",
]


@dataclass(frozen=True)
class NumberColumn:
    """A quantity with the columns of its spread and interval."""

    quantity: Quantity
    spread: str | None
    interval: tuple[str, str] | None


def _dot(color: str) -> str:
    return f'<span class="dot" style="background:{color}"></span>'


def _header(title: str, unit: str = "", below: str = "", meaning: str = "", *, number: bool = False) -> str:
    """Return the header of a column that sorts."""
    text = html.escape(title) + (f" [{html.escape(unit)}]" if unit else "")
    note = f"<small>{html.escape(below)}</small>" if below else ""
    hint = f' title="{html.escape(meaning)}"' if meaning else ""
    kind = ' class="number"' if number else ""
    return f'<th scope="col"{kind}{hint}><button type="button" class="sort">{text}</button>{note}</th>'


def _number_cell(value: float, below: str = "") -> str:
    key = repr(float(value)) if np.isfinite(value) else ""
    note = f"<small>{html.escape(below)}</small>" if below else ""
    return f'<td class="number" data-v="{key}">{number_text(value)}{note}</td>'


def plain_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table whose cells are HTML already."""
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>\n" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def key_table(
    values: Mapping[str, Any], heads: tuple[str, str] = ("setting", "value"), *, missing: str = "default"
) -> str:
    """Return a table of keys and values; nested keys are joined by a point, None is written as ``missing``."""
    rows = [
        (f"<code>{html.escape(key)}</code>", html.escape(missing if text is None else text))
        for key, text in _flat(values)
    ]
    return plain_table(heads, rows)


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, str | None]]:
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{key}.")
        elif isinstance(value, (list, tuple)):
            yield f"{prefix}{key}", " ".join(str(item) for item in value) or "none"
        elif value is None or value == {}:
            yield f"{prefix}{key}", None
        else:
            yield f"{prefix}{key}", str(value)


def provenance_tables(record: Mapping[str, Any], left_out: Sequence[str] = ()) -> str:
    """Return what a run recorded about itself, with the versions of packages in a table of their own."""
    kept = {key: value for key, value in record.items() if key not in ("settings", "packages", *left_out)}
    table = key_table(kept, ("record", "value"), missing="none")
    packages = record.get("packages", {})
    return f"{table}<h3>Versions</h3>{key_table(packages, ('package', 'version'))}" if packages else table


def number_table(heads: Sequence[str], rows: Iterable[Sequence[str]], strong: Sequence[bool] = ()) -> str:
    """Return a table of numbers, right-aligned but for the first column; all cells are escaped here.

    Parameters
    ----------
    heads, rows
        Plain text; a line break in a head starts its small print.
    strong
        Whether each row stands out; none if not given.
    """
    titles = []
    for index, head in enumerate(heads):
        kind = "" if index == 0 else ' class="number"'
        title, _, small = head.partition("\n")
        note = f"<small>{html.escape(small)}</small>" if small else ""
        titles.append(f'<th scope="col"{kind}>{html.escape(title)}{note}</th>')
    lines = []
    for number, row in enumerate(rows):
        mark = ' class="significant"' if number < len(strong) and strong[number] else ""
        first, *rest = (html.escape(cell) for cell in row)
        numbers = "".join(f'<td class="number">{cell}</td>' for cell in rest)
        lines.append(f"<tr{mark}><td>{first}</td>{numbers}</tr>")
    return f"<table><thead><tr>{''.join(titles)}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def verdict_list(result: StudyResult) -> str:
    """Return the verdict on each family as a list with the color of the family."""
    items = [
        f"<li>{_dot(curve.style.color)}<b>{curve.html}</b>{_formula_of(curve)}. "
        f"{unbroken_html(family_verdict(curve, best))}</li>"
        for curve, best in breakdown_families(result)
    ]
    return f'<ul class="verdicts">{"".join(items)}</ul>' if items else ""


def _formula_of(curve: FamilyCurve) -> str:
    """Return the formula behind the name of a family, nothing where the name is the formula."""
    return "" if curve.name == curve.formula else f", {formula_html(curve.formula)}"


def best_table(result: StudyResult) -> str:
    """Return the table of the best points: field, interval, gain over the host, and what else cannot be excluded."""
    heads = (
        "Family", "Composition", "x<small>not told apart</small>",
        "Breakdown field [MV/m]<small>95 % interval of the mean</small>", "Over the host", "",
    )  # fmt: skip
    rows = [_best_row(curve, best) for curve, best in breakdown_families(result)]
    return plain_table(heads, rows) if rows else ""


def _best_row(curve: FamilyCurve, best: BestPoint) -> tuple[str, ...]:
    outside = curve.outside[int(np.argmin(np.abs(curve.values("x") - best.x)))]
    interval = "" if best.low is None else f"<small>{number_text(best.low)} to {number_text(best.high)}</small>"
    near = f"<small>{number_text(best.x_low)} to {number_text(best.x_high)}</small>" if best.x_low < best.x_high else ""
    gain = "" if best.host_value is None else f"{number_text(best.value / best.host_value, 3)}&nbsp;times"
    return (
        _dot(curve.style.color) + curve.html,
        formula_html(best.composition),
        f"{number_text(best.x)}{near}",
        f"<b>{number_text(best.value)}</b>{interval}",
        gain,
        "extrapolated" if outside else "",
    )


def number_columns(result: StudyResult) -> list[NumberColumn]:
    """Return the scalar quantities that hold a value; spreads and intervals stand with their quantity."""
    names = [name for name, declared in result.columns.items() if not declared.axes]
    attached: set[str] = set()
    columns = []
    for name in names:
        spread, interval = spread_column(name, names), interval_columns(name, names)
        attached |= {spread or "", *(interval or ())}
        columns.append(NumberColumn(result.columns[name], spread, interval))
    return [c for c in columns if c.quantity.name not in attached and result.points[c.quantity.name].notna().any()]


def points_table(result: StudyResult, remarks: Sequence[Remark]) -> str:
    """Return the sortable table of all points.

    Parameters
    ----------
    result
        The study.
    remarks
        Warnings by kind; the last column names them by their number.
    """
    columns = sorted(number_columns(result), key=lambda column: column.quantity.name != BREAKDOWN_FIELD)
    heads = [_header("Family"), _header("Composition"), _header("x", number=True)]
    heads += [_quantity_header(result, column) for column in columns]
    numbers = {remark.pattern: place for place, remark in enumerate(remarks, start=1)}
    rows = [
        _point_row(curve, row, columns, numbers)
        for curve in family_curves(result)
        for _, row in curve.points.iterrows()
    ]
    return (
        f'<table class="sortable" id="points-table"><thead><tr>{"".join(heads)}<th scope="col">Warnings'
        "<small>numbers as above</small></th></tr></thead><tbody>" + "\n".join(rows) + "</tbody></table>"
    )


def _quantity_header(result: StudyResult, column: NumberColumn) -> str:
    signs = [
        sign for sign, known in (("± standard deviation", column.spread), ("low to high", column.interval)) if known
    ]
    declared = column.quantity
    meaning = "; ".join(_uncertainty_words(result, column))
    return _header(quantity_title(declared), unit_text(declared.unit), "; ".join(signs), meaning, number=True)


def _uncertainty_words(result: StudyResult, column: NumberColumn) -> list[str]:
    """Return what the small numbers under a value mean, from their declarations."""
    words = []
    if column.spread:
        words.append(f"± {result.columns[column.spread].description}")
    if column.interval:
        low, high = (result.columns[name].description for name in column.interval)
        words.append(f"{low} to {high}")
    return words


def _point_row(curve: FamilyCurve, row: pd.Series, columns: Sequence[NumberColumn], numbers: Mapping[str, int]) -> str:
    composition = str(row["composition"])
    cells = [
        f'<td data-v="{html.escape(curve.name)}">{_dot(curve.style.color)}{curve.html}</td>',
        f'<td data-v="{html.escape(composition)}">{formula_html(composition)}</td>',
        _number_cell(float(row["x"])),
        *(_number_cell(float(row[column.quantity.name]), _uncertainty(row, column)) for column in columns),
    ]
    texts = {pattern_of(text): text for text in remarks_of(str(row["warnings"]))}
    links = [
        f'<a href="#warning-{numbers[pattern]}" title="{html.escape(text)}">{numbers[pattern]}</a>'
        for pattern, text in texts.items()
    ]
    return f"<tr>{''.join(cells)}<td>{', '.join(links)}</td></tr>"


def _uncertainty(row: pd.Series, column: NumberColumn) -> str:
    parts = []
    if column.spread and np.isfinite(float(row[column.spread])):
        parts.append(f"± {number_text(float(row[column.spread]), 2)}")
    if column.interval:
        ends = [float(row[name]) for name in column.interval]
        if np.isfinite(ends).all():
            parts.append(f"{number_text(ends[0])} to {number_text(ends[1])}")
    return "; ".join(parts)


def warnings_table(remarks: Sequence[Remark], n_points: int) -> str:
    """Return the warnings by kind with the number of points that carry each; extrapolation stands out."""
    if not remarks:
        return "<p>None.</p>"
    rows = []
    for place, remark in enumerate(remarks, start=1):
        text = html.escape(remark.text)
        text = f"<b>{text}</b>" if remark.text.startswith(EXTRAPOLATED) else text
        rows.append((f'<span id="warning-{place}">{place}</span>', text, f"{remark.count} of {n_points}"))
    return plain_table(("No.", "Warning", "Points"), rows)
