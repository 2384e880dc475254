"""What ``entrox scattering`` reads: data whose form is known or inferred, and the sample with its table of lengths."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from entrox.core import InputError

if TYPE_CHECKING:
    from ase import Atoms

    from entrox.scattering.data.correlation_data import CorrelationData
    from entrox.scattering.data.length_check import LengthCheck
    from entrox.scattering.data.limits import Limit
    from entrox.scattering.data.sample import Sample

__all__ = ["KnownData", "formula_sample", "known_data", "probe_of", "read_cell", "sample_of_structure"]

PROBES = ("auto", "neutron", "xray")


@dataclass(frozen=True)
class KnownData:
    """Data of a known form, and the sample that they fit.

    Parameters
    ----------
    data, form, inferred
        Data, their form, and whether it was inferred from the limits.
    sample, lengths
        Sample, and the check of its table of lengths; None where the data do not show a plateau.
    limits
        Limits of the form.
    warnings
        What missed them.
    """

    data: CorrelationData
    form: str
    inferred: bool
    sample: Sample
    lengths: LengthCheck | None
    limits: tuple[Limit, ...]
    warnings: tuple[str, ...]


def probe_of(data: CorrelationData, probe: str) -> str:
    """Neutrons or x-rays, as asked or as the header of the file says."""
    if probe not in PROBES:
        raise InputError(f"--probe must be one of {', '.join(PROBES)}; got {probe!r}.")
    if probe != "auto":
        return probe
    return "xray" if data.header.get("mode", "").lower() == "xray" else "neutron"


def sample_of_structure(structure: Atoms, density: float | None, table: str, probe: str) -> Sample:
    """Sample with the composition of a structure, shared sites as in its file."""
    import numpy as np

    from entrox.scattering.data.sample import sample_of
    from entrox.scattering.small_box.structure import mean_composition, site_contents

    amounts = mean_composition(site_contents(structure))
    volume = abs(float(np.linalg.det(np.asarray(structure.cell, dtype=float))))
    if volume <= 0.0:
        raise InputError("the structure has no cell.")
    own = sum(amounts.values()) / volume if density is None else density
    return sample_of(amounts, own, table=_first_table(table), probe=probe)


def known_data(
    data: CorrelationData, form: str | None, sample: Sample, lengths: str, *, shortest: float, scale_free: bool
) -> KnownData:
    """Form, table of lengths and limits of data.

    Raises
    ------
    InputError
        If the form cannot be told, or the limits are missed and the scale is not free.
    """
    from entrox.scattering.data.forms import check_form, is_real_space
    from entrox.scattering.data.length_check import infer_length_table
    from entrox.scattering.data.limits import PLATEAU_SHARE, check_limits, infer_form

    inferred = form is None and data.form is None
    known = infer_form(data, sample, shortest_angstrom=shortest).form if inferred else check_form(form or data.form)
    check = None
    notes: tuple[str, ...] = ()
    starts_low = (data.x < PLATEAU_SHARE * shortest).sum() >= 5
    if is_real_space(known) and not starts_low:
        notes = ("the data begin above the plateau: scale and lengths are not checked",)
        return KnownData(replace(data, form=known), known, inferred, sample, None, (), notes)
    if is_real_space(known):
        check = infer_length_table(data, sample, form=known, shortest_angstrom=shortest, scale_free=scale_free)
        sample = check.sample if lengths == "auto" else sample
        notes = check.warnings
    limits, faults = check_limits(data, sample, form=known, shortest_angstrom=shortest, scale_free=scale_free)
    warnings = tuple(dict.fromkeys((*data.warnings, *notes, *faults)))
    return KnownData(replace(data, form=known), known, inferred, sample, check, limits, warnings)


def formula_sample(formula: str, density: float | None, table: str, probe: str) -> Sample:
    """Sample of a formula."""
    from entrox.scattering.data.sample import sample_of

    if density is None:
        raise InputError("--formula needs --number-density-per-cubic-angstrom; or give --structure alone.")
    return sample_of(formula, density, table=_first_table(table), probe=probe)


def read_cell(path: Path) -> Atoms:
    """Structure of a file."""
    from entrox.scattering.small_box.structure import read_small_box

    return read_small_box(path)


def _first_table(table: str) -> str:
    from entrox.composition.scattering_factors import LENGTH_TABLES

    if table not in ("auto", *LENGTH_TABLES):
        raise InputError(f"--lengths must be auto or one of {', '.join(LENGTH_TABLES)}; got {table!r}.")
    return LENGTH_TABLES[0] if table == "auto" else table
