"""``entrox film transmittance``: edge, gaps, fringes and mean of a spectrum."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.cli.measurement import Outcome
from entrox.cli.terminal import rounded
from entrox.core import InputError, check_in_range, check_positive, to_jsonable
from entrox.core.units import METER_PER_NANOMETER

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from entrox.film.clear_film import ClearFilm
    from entrox.film.film_optics import Fringes

    Floats = NDArray[np.float64]

__all__ = ["TRANSMITTANCE_FILES", "measure_transmittance"]

TRANSMITTANCE_FILES = ("absorption.csv",)
KINDS = ("direct", "indirect", "both")
GLASS = 1.52
AGREE = 0.1
"""A given thickness this close to that of the fringes is the same; the fringes are the finer ruler."""
POOR_FIT, DARK, DENSEST = 0.03, 0.5, 5.0
"""Scatter, alpha d and index beyond which a fit with a given thickness is not believed."""
SUBSTRATE_EDGE = 0.7
"""Where the substrate lets through less than this share of its own best, it is its edge that is seen."""


def measure_transmittance(table: Path, asked: Mapping[str, Any]) -> Outcome:
    """Read the spectrum, divide the substrate out, and measure."""
    import numpy as np

    from entrox.film.film_optics import absorption_of_index, substrate_index
    from entrox.film.transmittance import absorption_edge, absorption_spectrum, mean_transmittance
    from entrox.film.transmittance_table import read_transmittance

    if asked["kind"] not in KINDS:
        raise InputError(f"--kind must be one of {', '.join(KINDS)}; got {asked['kind']!r}.")
    wavelength, measured = read_transmittance(table, sort=asked["sort"])
    index, warnings = GLASS, []
    if asked["substrate_index"] is not None:
        index = check_in_range(asked["substrate_index"], "--substrate-index", low=1.0)
    given = asked["thickness_nm"]
    known = None if given is None else METER_PER_NANOMETER * check_positive(given, "--thickness-nm", "nm")
    values = measured
    if asked["substrate"] is not None:
        bare_at, bare = read_transmittance(asked["substrate"], sort=asked["sort"])
        if bare_at[0] > wavelength[0] or bare_at[-1] < wavelength[-1]:
            raise InputError("the spectrum of the substrate must span that of the film.")
        bare = np.interp(wavelength, bare_at, bare)
        seen = bare >= SUBSTRATE_EDGE * float(bare.max())
        if not seen.all():
            warnings.append(f"{int((~seen).sum())} wavelengths refused: there the substrate absorbs")
        if asked["substrate_index"] is None:
            index = float(substrate_index(np.median(bare[seen])))
        wavelength, measured, values = wavelength[seen], measured[seen], (measured / np.maximum(bare, 1e-12))[seen]
    edge = absorption_edge(wavelength, measured)
    clear, words = _clear_film(wavelength, measured, index, edge.t90_nm, known)
    warnings += words
    thickness = known if known is not None else clear.thickness if clear is not None else None
    if thickness is None:
        raise InputError(f"fewer than 3 fringes: the thickness must be given. Give --thickness-nm. {words[0]}")
    energy, alpha = absorption_spectrum(wavelength, values, thickness)
    fringes = None if clear is None else clear.fringes(index)
    if clear is not None:
        alpha = absorption_of_index(wavelength, measured, clear.index(wavelength), clear.thickness, index)[::-1]
    gaps, more = _gaps(energy, alpha, thickness, asked["kind"])
    visible = mean_transmittance(wavelength, measured)
    content = _content(edge, gaps, fringes, visible, thickness, index)
    content["clear_range"] = _clear_content(clear)
    content["gap_ev"]["urbach"] = _urbach(energy, alpha, thickness, gaps)
    content["warnings"] = [*warnings, *more]
    return _outcome(content, wavelength, measured, energy, alpha, gaps)


def _clear_film(
    wavelength: Floats, measured: Floats, index: float, t90_nm: float | None, known: float | None
) -> tuple[ClearFilm | None, list[str]]:
    """Index and thickness of the range above the edge, or why there are none.

    A given thickness is held against that of the fringes where these say one; the index is that of the given one.
    """
    from entrox.film.clear_film import fit_clear_film

    start = METER_PER_NANOMETER * t90_nm if t90_nm is not None else wavelength[0]
    clear = wavelength >= start
    free, words = None, []
    try:
        free = fit_clear_film(wavelength[clear], measured[clear], index)
    except InputError as failure:
        words = [str(failure)]
    if known is None:
        return free, words
    if free is not None and abs(free.thickness / known - 1.0) <= AGREE:
        return free, []
    try:
        held = fit_clear_film(wavelength[clear], measured[clear], index, known)
    except InputError as failure:
        return None, [f"reflections are not taken out: {failure}"]
    if held.residual > POOR_FIT or held.absorbed > DARK or float(held.index(wavelength[-1])) > DENSEST:
        return None, [
            "reflections are not taken out: no clear film of this thickness lies on the points (scatter "
            f"{held.residual:.2g})"
        ]
    if free is not None:
        words.append(
            f"fringes say {free.thickness / METER_PER_NANOMETER:.0f} nm, given are {known / METER_PER_NANOMETER:g} nm: "
            "the index follows from the latter"
        )
    return held, words if free is not None else []


def _clear_content(clear: ClearFilm | None) -> Any:
    if clear is None:
        return None
    plain = clear.to_dict()
    nano = METER_PER_NANOMETER
    return to_jsonable({
        "index_at_550_nm": float(clear.index(550.0 * nano)), "index_error": clear.index_error,
        "cauchy_a": clear.cauchy_a, "cauchy_b_nm2": clear.cauchy_b / nano**2, "absorbed": clear.absorbed,
        "residual": plain["residual"], "low_nm": clear.low / nano, "high_nm": clear.high / nano,
    })  # fmt: skip


def _gaps(energy: Floats, alpha: Floats, thickness: float, kind: str) -> tuple[dict[str, Any], list[str]]:
    from entrox.film.transmittance import tauc_gap

    gaps, words = {}, []
    for name in ("direct", "indirect"):
        if kind in (name, "both"):
            try:
                gaps[name] = tauc_gap(energy, alpha, thickness, name)
            except InputError as failure:
                words.append(f"no {name} gap: {failure}")
    return gaps, words


def _urbach(energy: Floats, alpha: Floats, thickness: float, gaps: Mapping[str, Any]) -> float | None:
    from entrox.film.transmittance import urbach_energy

    if not gaps:
        return None
    return urbach_energy(energy, alpha, thickness, max(gap.gap_ev for gap in gaps.values()))


def _content(
    edge: Any, gaps: Mapping[str, Any], fringes: Fringes | None, visible: Any, thickness: float, index: float
) -> dict[str, Any]:
    from entrox.film.measured_units import ELECTRONVOLT_NANOMETER

    def part(name: str, key: str) -> float | None:
        return getattr(gaps[name], key) if name in gaps else None

    plain: dict[str, Any] = to_jsonable({
        "edge_nm": {"t10": edge.t10_nm, "t50": edge.t50_nm, "t90": edge.t90_nm},
        "edge_ev": None if edge.t50_nm is None else ELECTRONVOLT_NANOMETER / edge.t50_nm,
        "floor": edge.floor, "plateau": edge.plateau,
        "gap_ev": {"direct": part("direct", "gap_ev"), "indirect": part("indirect", "gap_ev"),
                   "error": {name: gap.error_ev for name, gap in gaps.items()},
                   "windows": {name: gap.windows for name, gap in gaps.items()}},
        "fringes": None if fringes is None else {
            "n": fringes.index, "wavelength_nm": fringes.extrema / METER_PER_NANOMETER, "order": fringes.order,
            "thickness_nm": fringes.thickness / METER_PER_NANOMETER,
            "thickness_error_nm": fringes.thickness_error / METER_PER_NANOMETER,
        },
        "thickness_nm": thickness / METER_PER_NANOMETER, "substrate_index": index,
        "mean_visible": None if visible is None else {"value": visible[0], "p05": visible[1], "p95": visible[2]},
    })  # fmt: skip
    return plain


def _heading(edge_nm: float | None, edge_ev: float | None) -> str:
    if edge_nm is None:
        return "no edge in this range"
    return f"edge at {rounded(edge_nm)} nm, {rounded(edge_ev)} eV"


def _outcome(
    content: dict[str, Any],
    wavelength: Floats,
    measured: Floats,
    energy: Floats,
    alpha: Floats,
    gaps: Mapping[str, Any],
) -> Outcome:
    from entrox.plots.film_optics import plot_transmittance

    edge, visible = content["edge_nm"], content["mean_visible"]
    rows = [("edge, 10 / 50 / 90 % [nm]", " / ".join(rounded(edge[name]) for name in ("t10", "t50", "t90")))]
    rows += [(f"{name} gap [eV]", f"{rounded(gap.gap_ev)} +- {rounded(gap.error_ev, 2)}") for name, gap in gaps.items()]
    rows.append(("Urbach energy [eV]", rounded(content["gap_ev"]["urbach"], 3)))
    if content["fringes"] is not None:
        found = content["fringes"]
        error = rounded(found["thickness_error_nm"], 2)
        rows.append(("thickness from fringes [nm]", f"{rounded(found['thickness_nm'])} +- {error}"))
        rows.append(("refractive index", f"{rounded(min(found['n']))} to {rounded(max(found['n']))}"))
    elif content["clear_range"] is not None:
        found = content["clear_range"]
        rows.append(("refractive index at 550 nm",
                     f"{rounded(found['index_at_550_nm'])} +- {rounded(found['index_error'], 2)}"))  # fmt: skip
    if visible is not None:
        rows.append(("mean T, 380 to 780 nm [%]", f"{100.0 * visible['value']:.1f}"))
    points = [
        (float(w) / METER_PER_NANOMETER, float(t), float(e), float(a) if a == a else None)
        for w, t, e, a in zip(wavelength, measured, energy[::-1], alpha[::-1], strict=True)
    ]
    return Outcome(
        content, _heading(edge["t50"], content["edge_ev"]),
        ((("quantity", "value"), rows),),
        {"absorption.csv": (("wavelength_nm", "transmittance", "photon_energy_ev", "absorption_per_m"), points)},
        {"transmittance": lambda: plot_transmittance(wavelength, measured, energy, alpha, gaps, content)},
    )  # fmt: skip
