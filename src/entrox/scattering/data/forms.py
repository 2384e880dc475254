r"""The names of correlation functions as linear functions of one of their space: G_keen(r) or F(Q).

.. math:: \text{form}(x) = a(x) \, \text{base}(x) + b(x)

After D. A. Keen, J. Appl. Cryst. 34, 172 (2001). Units: angstrom, 1/angstrom, barn. For x-rays, whose scattering
depends on Q, the base is G_keen/<b>^2 = g - 1 or F/<b>^2 = S - 1, and the forms in barn do not exist.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, nearest_names
from entrox.scattering.data.correlation_data import REAL_SPACE_FORMS
from entrox.scattering.data.sample import Sample

__all__ = ["check_form", "form_line", "form_unit", "is_real_space"]

Floats = NDArray[np.float64]

UNITS = {
    "G_keen": "barn",
    "D": "barn/angstrom2",
    "T": "barn/angstrom2",
    "G_pdf": "1/angstrom2",
    "g": "1",
    "R": "1/angstrom",
    "F": "barn",
    "S": "1",
    "QSm1": "1/angstrom",
    "dcs": "barn",
}
XRAY_FORMS = ("G_pdf", "g", "R", "S", "QSm1")


def check_form(form: str | None, name: str = "form") -> str:
    """Return the name of a form if it is one."""
    if form not in UNITS:
        raise InputError(f"{name} {form!r} is not known; {nearest_names(str(form), UNITS)}.")
    return form


def is_real_space(form: str) -> bool:
    """Whether a form is a function of r."""
    return form in REAL_SPACE_FORMS


def form_unit(form: str) -> str:
    """Unit of the values of a form."""
    return UNITS[check_form(form)]


def form_line(form: str, x: ArrayLike, sample: Sample) -> tuple[Floats, Floats]:
    """Factor a and constant b of ``form = a base + b`` at each x.

    Parameters
    ----------
    form
        Name.
    x
        r [angstrom] or Q [1/angstrom], shape ``(n,)``.
    sample
        Density, <b>^2 and <b^2>.

    Raises
    ------
    InputError
        If the form is unknown, or in barn for x-rays.
    """
    at = np.asarray(x, dtype=float)
    check_form(form)
    if sample.probe == "xray":
        if form not in XRAY_FORMS:
            raise InputError(f"the form {form} is in barn and does not exist for x-rays; use one of {XRAY_FORMS}.")
        coherent, squared = 1.0, 0.0
    else:
        coherent, squared = sample.mean_length_squared, sample.mean_squared_length
    one, zero = np.ones_like(at), np.zeros_like(at)
    shell = 4.0 * np.pi * at * sample.number_density
    lines: dict[str, tuple[Floats, Floats]] = {
        "G_keen": (one, zero),
        "D": (shell, zero),
        "T": (shell, shell * coherent),
        "G_pdf": (shell / coherent, zero),
        "g": (one / coherent, one),
        "R": (shell * at / coherent, shell * at),
        "F": (one, zero),
        "S": (one / coherent, one),
        "QSm1": (at / coherent, zero),
        "dcs": (one, one * squared),
    }
    return lines[form]
