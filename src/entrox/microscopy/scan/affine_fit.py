r"""The one lattice that fits all columns of an image best, and how far it is from a square one.

.. math:: r = r_0 + i\,a_1 + j\,a_2, \qquad (a_1, a_2) = F\,(\text{square lattice of the same area})

Scan distortion and strain look alike: with the constraint of a square lattice F is called distortion, and taking it off
takes real strain off with it. In px.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, quantity
from entrox.microscopy.fit.column_fit import ColumnFit
from entrox.microscopy.lattice.sublattices import Sublattices
from entrox.microscopy.strain.lattice_strain import usable_columns

__all__ = ["AffineFit", "fit_affine"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class AffineFit(Result):
    """Lattice of one cation, x right and y up, and its deformation against a square lattice of the same area.

    Errors are those of the scatter of the columns around the lattice. Under the constraint ``"none"`` the deformation
    is given but counts as real: :meth:`corrected` then changes nothing.
    """

    site: str
    constraint: str
    basis_px: Floats = quantity("px", "a1 and a2, x right and y up", axes=("axis", "component"))
    basis_error_px: Floats = quantity("px", "standard errors of a1 and a2", axes=("axis", "component"))
    origin_px: Floats = quantity("px", "place of the cell 0, 0, x right and y down", axes=("component",))
    square_px: float = quantity("px", "edge of the square lattice of the same area")
    deformation: Floats = quantity("1", "square lattice to that of the image, y up", axes=("component", "other"))
    length_px: Floats = quantity("px", "lengths of a1 and a2", axes=("axis",))
    angle_deg: float = quantity("deg", "angle from a1 to a2")
    rotation_deg: float = quantity("deg", "direction of the lattice as displayed")
    residual_px: Floats = quantity("px", "scatter around the lattice", axes=("component",))
    n_columns: int = quantity("1", "columns used")
    warnings: tuple[str, ...] = ()

    def corrected(self, position_px: Floats) -> Floats:
        """Positions, x right and y down, without the deformation that counts as distortion, shape ``(n, 2)`` [px]."""
        if self.constraint == "none":
            return np.array(position_px, dtype=float)
        turned = self.deformation * np.array([[1.0, -1.0], [-1.0, 1.0]])
        away = np.asarray(position_px, dtype=float) - self.origin_px
        return np.asarray(self.origin_px + away @ np.linalg.inv(turned).T)


def fit_affine(
    fit: ColumnFit, sublattices: Sublattices, *, site: str = "A", constraint: Literal["square", "none"] = "none"
) -> AffineFit:
    """Fit one lattice to all good columns of a cation.

    Parameters
    ----------
    fit
        Fitted columns.
    sublattices
        Kinds and cells of the same columns.
    site
        ``"A"`` or ``"B"``.
    constraint
        ``"square"``: the crystal is taken as square, and what deforms it as distortion of the scan; ``"none"``: nothing
        is assumed.

    Raises
    ------
    InputError
        If the constraint is unknown, the crystal is seen along [110], where it is not square, or the columns fix no
        lattice.

    Warns
    -----
    UserWarning
        For the constraint, because it hides real strain.
    """
    if constraint not in ("square", "none"):
        raise InputError(f"constraint must be 'square' or 'none'; got {constraint!r}.")
    if constraint == "square" and sublattices.zone_axis != "001":
        raise InputError(f"the lattice seen along [{sublattices.zone_axis}] is not square: use constraint='none'.")
    used = usable_columns(fit, sublattices, site)
    cells = np.asarray(sublattices.cell[used], dtype=float)
    middle = cells.mean(axis=0)
    design = np.concatenate([np.ones((len(cells), 1)), cells - middle], axis=1)
    if len(cells) < 4 or np.linalg.matrix_rank(design) < 3:
        raise InputError(f"a lattice needs four good columns that are not on one line; got {len(cells)}.")
    shown = fit.position_px[used] * np.array([1.0, -1.0])
    found = np.linalg.lstsq(design, shown, rcond=None)[0]
    residual = (shown - design @ found).std(axis=0, ddof=3)
    basis = found[1:]
    errors = np.sqrt(np.diag(np.linalg.inv(design.T @ design))[1:, None]) * residual
    square = float(np.sqrt(abs(np.linalg.det(basis))))
    # the square lattice turned like this one: the orthogonal part of its polar decomposition
    u, _, v = np.linalg.svd(basis)
    ideal = square * (u @ v)
    remarks = ("square_constraint: the crystal is taken as square, which hides real strain and c/a",)
    if constraint == "square":
        warnings.warn("fit_affine with constraint='square' hides real strain and c/a.", UserWarning, stacklevel=2)
    length = np.linalg.norm(basis, axis=1)
    cosine = float(basis[0] @ basis[1] / length.prod())
    return AffineFit(
        site=site, constraint=constraint, basis_px=basis, basis_error_px=errors,
        origin_px=(found[0] - middle @ basis) * np.array([1.0, -1.0]), square_px=square,
        deformation=(np.linalg.solve(ideal, basis)).T, length_px=length,
        angle_deg=float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))),
        rotation_deg=float(np.degrees(np.arctan2(ideal[0, 1], ideal[0, 0]))), residual_px=residual,
        n_columns=len(cells), warnings=remarks if constraint == "square" else (),
    )  # fmt: skip
