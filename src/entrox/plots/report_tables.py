"""HTML tables of the sections of a report: compositions of a family, structures and their atoms. All is escaped here.

Every number stands with its unit in the head and its uncertainty below it, or with the word that there is none.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np

from entrox.design import StructureResult
from entrox.design.family_summary import FamilySummary, SummaryColumn, SummaryEntry, SummaryRow
from entrox.plots.labels import formula_html, number_text, unit_text
from entrox.plots.tables import plain_table

__all__ = ["composition_check_table", "element_table", "local_entropy_table", "phase_table", "summary_table", "wide"]

KINDS = {"md": "molecular dynamics", "rmc": "reverse Monte Carlo", "tip": "atom-probe tip"}


def wide(table: str) -> str:
    """Return a table that scrolls by itself where the page is narrow."""
    return f'<div class="wide">{table}</div>'


def summary_table(summary: FamilySummary, best_x: float | None = None) -> str:
    """Return the table of one family.

    Parameters
    ----------
    summary
        Its rows and columns.
    best_x
        Composition that stands out: that of the largest breakdown field.
    """
    heads = [
        '<th scope="col">Composition</th>',
        '<th scope="col" class="number">x</th>',
        *(_head(column) for column in summary.columns),
    ]
    rows = [_row(row, summary.columns, best_x) for row in summary.rows]
    table = f'<table class="summary"><thead><tr>{"".join(heads)}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    return wide(table)


def _head(column: SummaryColumn) -> str:
    unit = unit_text(column.unit)
    note = f"<small>{html.escape(column.uncertainty)}</small>" if column.uncertainty else ""
    title = html.escape(f"{column.heading} [{unit}]" if unit else column.heading)
    return f'<th scope="col" class="number">{title}{note}</th>'


def _row(row: SummaryRow, columns: Sequence[SummaryColumn], best_x: float | None) -> str:
    best = best_x is not None and abs(row.x - best_x) < 1e-9
    between = "" if row.on_grid else "<small>structure only</small>"
    cells = [
        f'<td class="formula">{_breakable(row.composition)}{between}</td>',
        f'<td class="number">{number_text(row.x)}</td>',
    ]
    cells += [_cell(row.entries[column.key]) for column in columns]
    return f"<tr{' class=significant' if best else ''}>{''.join(cells)}</tr>"


def _breakable(formula: str) -> str:
    """Return a formula as HTML that may be broken after an amount."""
    return formula_html(formula).replace("</sub>", "</sub><wbr>")


def _cell(entries: Sequence[SummaryEntry]) -> str:
    shown = [_entry(entry) for entry in entries]
    return f'<td class="number">{"".join(shown) or chr(0x2013)}</td>'


def _entry(entry: SummaryEntry) -> str:
    if entry.value is None:
        words, _, more = (html.escape(part) for part in entry.words.partition("; "))
        return f"<div>{words}{f'<small>{more}</small>' if more else ''}</div>"
    value = number_text(entry.value)
    below = []
    if entry.error is not None:
        below.append(f"± {number_text(entry.error, 2)}")
    if entry.low is not None and entry.high is not None:
        below.append(f"{number_text(entry.low, 3)} to {number_text(entry.high, 3)}")
    elif entry.low is not None:
        below.append(f"at least {number_text(entry.low, 3)}")
    if entry.words:
        below.append(html.escape(entry.words))
    return f"<div>{value}{''.join(f'<small>{text}</small>' for text in below)}</div>"


def composition_check_table(structures: Sequence[StructureResult]) -> str:
    """Return what each structure is, and how far its cations lie from those of the family."""
    rows = []
    for item in structures:
        foreign = "" if not item.foreign else f"<small>{100 * item.foreign:.3g} % of other elements left out</small>"
        rows.append((
            html.escape(item.name) + f"<small>{html.escape(', '.join(item.files))}</small>",
            KINDS.get(item.kind, html.escape(item.kind)),
            f"{number_text(item.x)}<small>nearest {number_text(item.nearest_x, 3)}</small>",
            number_text(item.n_cations, 4),
            f"{number_text(item.difference, 2)} of {html.escape(item.difference_of)}"
            f"<small>accepted {number_text(item.tolerance, 2)}</small>{foreign}",
        ))  # fmt: skip
    heads = ("Structure", "From", "x", "Cations", "Largest difference of a share of the cations")
    return wide(plain_table(heads, rows))


def _pm(value: float, error: float, digits: int = 4) -> str:
    if not np.isfinite(value):
        return "\N{EN DASH}"
    return number_text(value, digits) + (
        f"<small>± {number_text(error, 2)}</small>" if np.isfinite(error) else "<small>no error</small>"
    )


def element_table(structures: Sequence[StructureResult]) -> str:
    """Return the displacements of every cation of every structure."""
    rows = []
    for item in structures:
        columns = [
            item.array(name)
            for name in ("element_count", "element_displacement_angstrom", "element_displacement_error_angstrom",
                         "element_net_displacement_angstrom", "element_net_displacement_error_angstrom")
        ]  # fmt: skip
        for label, count, mean, mean_error, net, net_error in zip(item.text("elements").split(), *columns, strict=True):
            symbol, _, site = label.partition(":")
            rows.append((
                html.escape(item.name), number_text(item.x), html.escape(f"{symbol} ({site})"), number_text(count),
                _pm(mean, mean_error), _pm(net, net_error),
            ))  # fmt: skip
    heads = ("Structure", "x", "Cation", "Number", "Mean length ⟨|d|⟩ [Å]<small>± standard error</small>",
             "Length of the mean |⟨d⟩| [Å]<small>± standard error</small>")  # fmt: skip
    return wide(plain_table(heads, rows)) if rows else ""


def phase_table(structures: Sequence[StructureResult]) -> str:
    """Return the shares of local phases of the B site beside those of random directions; empty if there are none."""
    found = [item for item in structures if item.text("phases_b")]
    # a class that neither occurs nor could by chance belongs to another rule
    used = {
        name
        for item in found
        for name, share, chance in zip(
            item.text("phases_b").split(), item.array("phase_share_b"), item.array("phase_chance_b"), strict=True
        )
        if share or chance
    }
    rows: list[tuple[str, ...]] = []
    heads: tuple[str, ...] = ()
    for item in found:
        classes = item.text("phases_b").split()
        heads = ("Structure", "x", *(f"{html.escape(name)} [%]" for name in classes if name in used))
        share, error, chance = (item.array(f"phase_{name}") for name in ("share_b", "share_b_error", "chance_b"))
        error = error if len(error) else np.full(len(share), np.nan)
        cells = [
            f"{number_text(100 * s, 3)}<small>{f'± {number_text(100 * e, 2)}' if np.isfinite(e) else 'no error'}"
            f"{f'; chance {100 * c:.1f}' if np.isfinite(c) else ''}</small>"
            for name, s, e, c in zip(classes, share, error, chance, strict=True)
            if name in used
        ]
        rows.append((html.escape(item.name), number_text(item.x), *cells))
    return wide(plain_table(heads, rows)) if rows else ""


def local_entropy_table(structures: Sequence[StructureResult]) -> str:
    """Return excess information of every structure and size."""
    rows = []
    for item in structures:
        columns = [
            item.array(name)
            for name in ("sizes_nm", "atoms_per_cube", "excess_of_size_r", "excess_of_size_low_r",
                         "excess_of_size_high_r", "p_of_size", "detectable_excess_r")
        ]  # fmt: skip
        for size, atoms, excess, low, high, p, detectable in zip(*columns, strict=True):
            interval = f"<small>{number_text(low, 2)} to {number_text(high, 2)}</small>" if np.isfinite(low) else ""
            rows.append((
                html.escape(item.name), number_text(size, 3), number_text(atoms, 3),
                f"{number_text(excess, 3)}{interval}", number_text(p, 2), number_text(detectable, 2),
            ))  # fmt: skip
    heads = ("Structure", "Size [nm]", "Counted atoms per cube", "Excess information [R]<small>95 % interval</small>",
             "p<small>adjusted for all sizes</small>", "Detectable excess [R]<small>power 0.8</small>")  # fmt: skip
    return wide(plain_table(heads, rows)) if rows else ""
