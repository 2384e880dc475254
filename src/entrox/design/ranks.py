"""Rank correlation of predicted with measured breakdown fields, one kind of specimen at a time.

Absolute fields depend on thickness, electrodes and defects and are no fair test of a model of the crystal; the order
of materials is. Kinds of specimen are never mixed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.breakdown.dielectric_fields import DielectricFields
from entrox.breakdown.materials import measured_fields
from entrox.breakdown.permittivity_law import mcpherson_field
from entrox.core import InputError, Result, quantity
from entrox.core.bootstrap import percentile_interval

__all__ = ["MINIMUM_MATERIALS", "RankCorrelation", "correlate_with_measured", "rank_correlation"]

Floats = NDArray[np.float64]
MINIMUM_MATERIALS = 4
"""Fewer materials give no correlation: with three, one order in six is perfect by chance."""


@dataclass(frozen=True, kw_only=True)
class RankCorrelation(Result):
    """Spearman's coefficient of predicted and measured fields; None with a reason where there are too few.

    ``interval`` draws materials with replacement, ``mean_free_path_interval`` draws mean free paths and calibrations;
    ``p_value`` is the share of random orders at least as correlated, of either sign. ``mcpherson`` is the coefficient
    of McPherson's trend on the same materials: what the permittivity alone achieves.
    """

    kind: str
    materials: tuple[str, ...]
    predicted: Floats = quantity("V/m", "predicted field", axes=("material",))
    measured: Floats = quantity("V/m", "measured field", axes=("material",))
    coefficient: float | None = quantity("1", "Spearman's rank correlation")
    interval: tuple[float, float] | None = quantity("1", "95 % bootstrap interval over materials")
    mean_free_path_interval: tuple[float, float] | None = quantity(
        "1", "95 % interval over mean free path and calibration"
    )
    p_value: float | None = quantity("1", "share of random orders at least as correlated")
    mcpherson: float | None = quantity("1", "Spearman's rank correlation of McPherson's trend")
    reason: str = ""


def rank_correlation(predicted: ArrayLike, measured: ArrayLike) -> Floats:
    """Spearman's rank correlation along the last axis; equal values share their mean rank.

    Parameters
    ----------
    predicted
        Shape ``(..., n)``, n >= 2.
    measured
        Shape ``(n,)`` or that of ``predicted``.

    Returns
    -------
    numpy.ndarray
        Shape ``(...)``; NaN where all values of one side are equal.

    Examples
    --------
    >>> float(rank_correlation([1.0, 2.0, 4.0], [10.0, 30.0, 20.0]))
    0.5
    """
    first = _centered_ranks(np.asarray(predicted, dtype=float))
    second = _centered_ranks(np.asarray(measured, dtype=float))
    norm = np.sqrt((first**2).sum(axis=-1) * (second**2).sum(axis=-1))
    product = np.asarray((first * second).sum(axis=-1))
    return np.asarray(np.divide(product, norm, out=np.full(product.shape, np.nan), where=norm > 0))


def _centered_ranks(values: Floats) -> Floats:
    """Mean ranks along the last axis, minus their mean."""
    if values.ndim == 0 or values.shape[-1] < 2 or not np.isfinite(values).all():
        raise InputError(f"a rank correlation needs at least two finite values; got shape {values.shape}.")
    below = (values[..., None, :] < values[..., :, None]).sum(axis=-1)
    equal = (values[..., None, :] == values[..., :, None]).sum(axis=-1)
    ranks = below + 0.5 * (equal - 1)
    return np.asarray(ranks - 0.5 * (values.shape[-1] - 1))


def correlate_with_measured(
    fields: DielectricFields,
    kind: str,
    rng: np.random.Generator,
    *,
    material_class: str | None = None,
    statuses: str = "ABC",
    draws: int = 2000,
) -> RankCorrelation:
    """Compare the order of predicted fields with that of fields measured on one kind of specimen.

    Parameters
    ----------
    fields
        From ``run_dielectrics``.
    kind
        Kind of specimen, see ``measured_fields``.
    rng
        Draws materials and random orders.
    material_class
        Only this class of materials: within a class the assumed mean free path is the same for all.
    statuses
        Status letters of the measured fields to take; rows of status C are recalled ranges.
    draws
        Bootstrap samples and random orders.
    """
    rows = measured_fields(kind, statuses=statuses)
    chosen = [
        index
        for index, (name, group) in enumerate(zip(fields.names, fields.material_classes, strict=True))
        if any(row.material == name for row in rows) and material_class in (None, group)
    ]
    names = tuple(fields.names[index] for index in chosen)
    # several reports of one material and kind: their geometric mean
    measured = np.array(
        [np.exp(np.mean([np.log(row.field) for row in rows if row.material == name])) for name in names]
    )
    predicted = fields.field[chosen]
    if len(chosen) < MINIMUM_MATERIALS:
        return RankCorrelation(
            kind=kind, materials=names, predicted=predicted, measured=measured, coefficient=None, interval=None,
            mean_free_path_interval=None, p_value=None, mcpherson=None,
            reason=f"{len(chosen)} of the reference dielectrics have such a field; a correlation needs "
            f"{MINIMUM_MATERIALS}",
        )  # fmt: skip
    coefficient = float(rank_correlation(predicted, measured))
    picks = rng.integers(len(chosen), size=(draws, len(chosen)))
    resampled = rank_correlation(predicted[picks], measured[picks])
    return RankCorrelation(
        kind=kind,
        materials=names,
        predicted=predicted,
        measured=measured,
        coefficient=coefficient,
        interval=_pair(resampled[np.isfinite(resampled)]),
        mean_free_path_interval=_pair(rank_correlation(fields.draws[:, chosen], measured)),
        p_value=_chance(coefficient, predicted, measured, rng, draws),
        mcpherson=float(rank_correlation(mcpherson_field(fields.permittivity[chosen]), measured)),
    )


def _chance(coefficient: float, predicted: Floats, measured: Floats, rng: np.random.Generator, draws: int) -> float:
    """Share of random orders at least as correlated as ``coefficient``, of either sign."""
    orders = rng.permuted(np.broadcast_to(measured, (draws, len(measured))), axis=1)
    found = rank_correlation(np.broadcast_to(predicted, orders.shape), orders)
    return (int((np.abs(found) >= abs(coefficient) - 1e-12).sum()) + 1) / (draws + 1)


def _pair(draws: Floats) -> tuple[float, float]:
    low, high = percentile_interval(draws)
    return float(low), float(high)
