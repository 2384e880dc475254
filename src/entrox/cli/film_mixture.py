"""``entrox film mixture``: bounds and rules for a share, the share for a measured value, the mosaic of voxels."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from entrox.cli.measurement import Outcome
from entrox.cli.terminal import rounded
from entrox.core import InputError, check_in_range, check_positive, to_jsonable

__all__ = ["MIXTURE_FILES", "measure_mixture"]

MIXTURE_FILES = ("rules.csv",)


def measure_mixture(_table: Path | None, asked: Mapping[str, Any]) -> Outcome:
    """Compute what the options ask for."""
    matrix = check_positive(asked["matrix"], "--matrix")
    given = [name for name in ("inclusion", "fraction", "measured", "voxels") if asked[name] is not None]
    allowed = (["inclusion", "fraction"], ["inclusion", "measured"], ["fraction", "measured"], ["inclusion", "voxels"])
    if given not in allowed:
        raise InputError(
            "give --inclusion with one of --fraction, --measured and --voxels, or --fraction with --measured; got "
            f"{', '.join('--' + name for name in given) or 'none'}."
        )
    for name in ("matrix_loss", "inclusion_loss"):
        loss = check_in_range(asked[name], f"--{name.replace('_', '-')}", low=0.0)
        if loss > 0.0 and "measured" in given:
            raise InputError("a measured value is taken without loss; leave --matrix-loss and --inclusion-loss out.")
    if given == ["fraction", "measured"]:
        return _phase(matrix, asked)
    return _share(matrix, asked) if "measured" in given else _rules(matrix, asked)


def _phase(matrix: float, asked: Mapping[str, Any]) -> Outcome:
    from entrox.film.mixture import inclusion_permittivity

    found = inclusion_permittivity(matrix, asked["fraction"], asked["measured"], asked["dimension"])
    content = {"inclusion": found.to_dict(), "verdict": found.verdict, "warnings": []}
    rows = _reading_rows(found)
    return Outcome(content, found.verdict, ((("rule", "permittivity of the inclusion"), rows),) if rows else ())


def _share(matrix: float, asked: Mapping[str, Any]) -> Outcome:
    from entrox.film.mixture import inclusion_fraction

    found = inclusion_fraction(matrix, asked["inclusion"], asked["measured"], asked["dimension"])
    content = {"fraction": found.to_dict(), "verdict": found.verdict, "warnings": []}
    rows = _reading_rows(found)
    return Outcome(content, found.verdict, ((("rule", "share of the inclusion"), rows),) if rows else ())


def _reading_rows(found: Any) -> list[tuple[str, str]]:
    if found.low is None:
        return []
    names = ("maxwell_garnett", "bruggeman", "inverse_maxwell_garnett", "looyenga", "wiener_low", "wiener_high")
    return [(name.replace("_", " "), rounded(getattr(found, name))) for name in names]


def _rules(matrix: float, asked: Mapping[str, Any]) -> Outcome:
    from entrox.film import mixture

    m: complex | float = matrix
    i: complex | float = check_positive(asked["inclusion"], "--inclusion")
    lossy = asked["matrix_loss"] > 0.0 or asked["inclusion_loss"] > 0.0
    if lossy:
        m, i = m * (1.0 + 1j * asked["matrix_loss"]), i * (1.0 + 1j * asked["inclusion_loss"])
    mosaic, fraction, d = None, asked["fraction"], asked["dimension"]
    if asked["voxels"] is not None:
        from entrox.film.voxel_mosaic import homogenize, read_voxels

        if lossy:
            raise InputError("voxels take permittivities without loss; leave --matrix-loss and --inclusion-loss out.")
        voxels = read_voxels(asked["voxels"], matrix, float(asked["inclusion"]))
        fraction = float((voxels == asked["inclusion"]).mean())
        mosaic, d = homogenize(voxels), voxels.ndim  # voxels of two axes are columns
    first, second = mixture.maxwell_garnett(m, i, fraction, d), mixture.inverse_maxwell_garnett(m, i, fraction, d)
    values = {
        "wiener": list(mixture.wiener_bounds(m, i, fraction)),
        "hashin_shtrikman": sorted((first, second), key=lambda value: float(abs(value))),
        "maxwell_garnett": first, "inverse_maxwell_garnett": second, "bruggeman": mixture.bruggeman(m, i, fraction, d),
        "looyenga": mixture.looyenga(m, i, fraction, d),
    }  # fmt: skip
    content: dict[str, Any] = {name: _plain(value) for name, value in values.items()}
    content |= {"fraction": fraction, "dimension": d, "warnings": []}
    content["mosaic"] = None if mosaic is None else to_jsonable(mosaic)
    rows = [(name.replace("_", " "), _text(value)) for name, value in values.items()]
    if mosaic is not None:
        rows.append(("mosaic, diagonal", ", ".join(rounded(float(item), 6) for item in mosaic.tensor.diagonal())))
    return _outcome(content, rows, m, i, fraction, d)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    number = complex(value)
    if number.imag == 0.0:
        return number.real
    return {"permittivity": number.real, "tan_d": number.imag / number.real}


def _text(value: Any) -> str:
    if isinstance(value, list):
        return " to ".join(_text(item) for item in value)
    number = complex(value)
    loss = f" (tan d {rounded(number.imag / number.real, 3)})" if number.imag != 0.0 else ""
    return rounded(number.real, 6) + loss


def _outcome(
    content: dict[str, Any],
    rows: list[tuple[str, str]],
    m: complex | float,
    i: complex | float,
    fraction: float,
    d: int,
) -> Outcome:
    import numpy as np

    from entrox.film import mixture
    from entrox.plots.film_mixture import plot_mixture

    shares = np.linspace(0.0, 1.0, 101)
    low, high = mixture.wiener_bounds(m, i, shares)
    columns = [low, high, mixture.maxwell_garnett(m, i, shares, d), mixture.inverse_maxwell_garnett(m, i, shares, d),
               mixture.bruggeman(m, i, shares, d), mixture.looyenga(m, i, shares, d)]  # fmt: skip
    table = np.column_stack([shares, *(np.real(item) for item in columns)]).tolist()
    names = (
        "fraction",
        "wiener_low",
        "wiener_high",
        "maxwell_garnett",
        "inverse_maxwell_garnett",
        "bruggeman",
        "looyenga",
    )
    mosaic = content["mosaic"]
    diagonal = [] if mosaic is None else [mosaic["tensor"][k][k] for k in range(len(mosaic["tensor"]))]
    return Outcome(
        content, f"share {rounded(fraction)} of the inclusion", ((("rule", "permittivity"), rows),),
        {"rules.csv": (names, table)},
        {"mixture": lambda: plot_mixture(float(np.real(m)), float(np.real(i)), d, fraction, diagonal)},
    )  # fmt: skip
