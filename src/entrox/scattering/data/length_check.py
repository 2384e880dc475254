"""Which table of scattering lengths the data were reduced with, from the plateau below the shortest distance.

Values in barn.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from entrox.composition.scattering_factors import LENGTH_TABLES, lengths_of
from entrox.core import InputError, Result, quantity
from entrox.scattering.data.correlation_data import CorrelationData
from entrox.scattering.data.forms import check_form, is_real_space
from entrox.scattering.data.limits import PLATEAU_ERROR, SHORTEST_ANGSTROM, plateau_not_applicable, plateau_of
from entrox.scattering.data.sample import Sample

__all__ = ["LengthCheck", "infer_length_table"]

Floats = NDArray[np.float64]

PLATEAU_WARNING = 0.003
NORMALIZED_FORMS = ("G_pdf", "g", "R")


@dataclass(frozen=True, kw_only=True)
class LengthCheck(Result):
    """Plateau of G_keen against -<b>^2 of every table.

    ``table`` is the best one, or that of the sample where the data cannot tell: if the check does not apply
    (``reason``), or the form is normalized by <b>^2.
    """

    table: str
    applicable: bool
    reason: str = ""
    tables: tuple[str, ...]
    plateau_barn: float | None = quantity("barn", "mean of G_keen below the shortest distance; None: not applicable")
    expected_barn: Floats = quantity("barn", "minus <b>^2 of each table", axes=("table",))
    ratio: Floats = quantity("1", "plateau over the expected value of each table", axes=("table",))
    sample: Sample
    warnings: tuple[str, ...] = ()


def infer_length_table(
    data: CorrelationData,
    sample: Sample,
    *,
    form: str | None = None,
    shortest_angstrom: float = SHORTEST_ANGSTROM,
    scale_free: bool = False,
) -> LengthCheck:
    """Find the table of lengths whose -<b>^2 is the plateau of the data.

    Parameters
    ----------
    data
        A function of r.
    sample
        Composition and density; its lengths are replaced by those of each table.
    form
        Form; that of the data by default.
    shortest_angstrom
        Shortest distance of two atoms; the plateau is looked at below 0.8 of it.
    scale_free
        Whether the scale is fitted: then a plateau that is more than 5 % off is a warning.

    Raises
    ------
    InputError
        If the form is unknown or a function of Q, too few points lie on the plateau, or no table comes nearer than 5 %.
    """
    known = check_form(form or data.form)
    if not is_real_space(known):
        raise InputError(f"the plateau is one of a function of r; got {known}.")
    reason = plateau_not_applicable(data)
    if sample.probe == "xray":
        reason = reason or "x-ray form factors depend on Q; there is no table to choose"
    if reason is not None:
        return LengthCheck(
            table=sample.table,
            applicable=False,
            reason=reason,
            tables=(),
            plateau_barn=None,
            expected_barn=np.empty(0),
            ratio=np.empty(0),
            sample=sample,
            warnings=(f"plateau check not applicable: {reason}",),
        )
    # A table may lack an element for which the user gave a length of his own.
    own = {} if sample.table in LENGTH_TABLES else dict(sample.lengths_fm)
    names = LENGTH_TABLES if not own else ("own",)
    samples = [
        sample if own else replace(sample, lengths_fm=lengths_of(sample.fractions, name), table=name) for name in names
    ]
    plateaus = np.array([plateau_of(data, known, one, shortest_angstrom)[0] for one in samples])
    expected = np.array([-one.mean_length_squared for one in samples])
    ratio = plateaus / expected
    # Forms that are divided by <b>^2 have the same limit in every table.
    best = int(np.argmin(np.abs(ratio - 1.0)))
    if known in NORMALIZED_FORMS:
        best = next((i for i, name in enumerate(names) if name == sample.table), 0)
    return LengthCheck(
        table=names[best],
        applicable=True,
        tables=names,
        plateau_barn=float(plateaus[best]),
        expected_barn=expected,
        ratio=ratio,
        sample=samples[best],
        warnings=_warnings(float(ratio[best]), float(plateaus[best]), names[best], known, scale_free),
    )


def _warnings(ratio: float, plateau: float, table: str, form: str, scale_free: bool) -> tuple[str, ...]:
    notes = []
    off = abs(ratio - 1.0)
    text = f"plateau {plateau:.6f} barn is {ratio:.4f} of that of the best table ({table})"
    if off > PLATEAU_ERROR and not scale_free:
        raise InputError(f"{text}: more than 5 % off. Check composition, density and form ({form}), or fit the scale.")
    if off > PLATEAU_WARNING:
        notes.append(f"{text}: fit the scale" if off > PLATEAU_ERROR else f"{text}: more than 0.3 % off")
    if form in NORMALIZED_FORMS:
        notes.append(f"{form} is divided by <b>^2: its plateau cannot tell the tables apart; {table} is kept")
    return tuple(notes)
