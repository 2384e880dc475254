"""Small refinements with operators written out: G(r) with termination, and F(Q) with the mean over a bin."""

from __future__ import annotations

import numpy as np

from entrox.scattering.engine.problem import MoveRules, RmcProblem
from entrox.scattering.operators.bins import Bins
from entrox.scattering.operators.set_operator import SetOperator

LENGTHS = {"Ba": 5.07, "Ca": 4.70, "Ti": -3.438, "Sn": 6.225, "O": 5.803}
BASIS = np.array([[0.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]])
SUBLATTICES = ("A", "B", "O", "O", "O")


def perovskite(cells, lattice=4.0, seed=0, ca=0.074, sn=0.108):
    """Sites, element number on each (Ba, Ca, Ti, Sn, O) and kind of a cubic box."""
    rng = np.random.default_rng(seed)
    corners = np.stack(np.meshgrid(*[np.arange(n) for n in cells], indexing="ij"), axis=-1).reshape(-1, 3)
    sites = ((corners[:, None] + BASIS) * lattice).reshape(-1, 3)
    kind = np.tile(np.arange(5), len(corners))
    species = np.array([0, 2, 4, 4, 4])[kind]
    for site, dopant, share in ((0, 1, ca), (1, 3, sn)):
        members = rng.permutation(np.flatnonzero(kind == site))
        species[members[: round(share * len(members))]] = dopant
    return sites, species, kind, np.diag(np.asarray(cells) * lattice)


def histogram_by_distances(positions, species, cell, bins, lengths):
    """Weighted histogram from all distances at once."""
    weights = np.array(list(lengths))[species]
    apart = positions[:, None] - positions[None]
    apart -= np.rint(apart @ np.linalg.inv(cell)) @ cell
    first, second = np.triu_indices(len(positions), 1)
    number = (np.linalg.norm(apart[first, second], axis=1) / bins.step_angstrom + 0.5).astype(int)
    keep = (number >= 1) & (number <= bins.count)
    return np.bincount(number[keep] - 1, 2.0 * (weights[first] * weights[second])[keep], minlength=bins.count)


def operators(bins, n_atoms, volume, mean_length, *, q_max=35.0, q_points=690, r_end=None, sigma=(0.01, 0.01), **fit):
    """Operators of G_keen(r) and F(Q) without data (zeros)."""
    r, shells, step = bins.centers_angstrom, bins.volumes_angstrom3, bins.step_angstrom
    density, square = n_atoms / volume, mean_length**2 / 100.0
    norm = volume / (100.0 * n_atoms**2 * shells)
    points = r[r <= (r_end or r[-1] - 1.0)]
    kernel = (
        q_max
        / np.pi
        * (np.sinc(q_max * (points[:, None] - r) / np.pi) - np.sinc(q_max * (points[:, None] + r) / np.pi))
    )
    real = kernel * step * (r / points[:, None])
    q = np.linspace(0.5, q_max, q_points)
    transform = density * shells * np.sinc(q[:, None] * r / np.pi) * np.sinc(q[:, None] * step / 2.0 / np.pi)
    sets = []
    for name, form, x, matrix, weight in (("G", "G_keen", points, real, sigma[0]), ("F", "F", q, transform, sigma[1])):
        sets.append(
            SetOperator(
                name=name,
                form=form,
                channels=("total",),
                x=x,
                observed=np.zeros(len(x)),
                sigma=np.full(len(x), weight),
                held_out=np.zeros(len(x), dtype=bool),
                matrix=np.ascontiguousarray(matrix * norm),
                constant=-square * matrix.sum(axis=1),
                **fit,
            )
        )
    return tuple(sets)


def with_data(sets, histogram, noise=0.0, seed=0):
    """Sets whose data are those of a histogram, with noise in units of sigma."""
    from dataclasses import replace

    rng = np.random.default_rng(seed)
    return tuple(
        replace(
            item,
            observed=item.matrix @ histogram + item.constant + noise * item.sigma * rng.normal(size=len(item.x)),
        )
        for item in sets
    )


def problem_of(
    cells=(4, 4, 4), *, step=0.05, radius=None, thermal=0.07, seed=0, lattice=4.0, table=True, fit=None, **options
):
    """Refinement of a cubic perovskite against the data of a thermal box."""
    sites, species, kind, cell = perovskite(cells, lattice, seed)
    radius = 0.5 * lattice * min(cells) - step if radius is None else radius
    bins = Bins(step, int(radius / step - 0.5))
    lengths = np.array(list(LENGTHS.values()))
    sets = operators(bins, len(sites), float(np.linalg.det(cell)), lengths[species].mean(), **(fit or {}))
    truth = sites + np.random.default_rng(seed + 1).normal(0.0, thermal, sites.shape)
    if "histogram" in options:
        histogram = options.pop("histogram")(truth, species, cell, bins, lengths)
    else:
        histogram = histogram_by_distances(truth, species, cell, bins, lengths)
    closest = options.pop("closest", 1.2)
    return RmcProblem(
        cell=cell,
        sites_angstrom=sites,
        species=species,
        elements=tuple(LENGTHS),
        lengths_fm=LENGTHS,
        bins=bins,
        operators=with_data(sets, histogram, noise=1.0, seed=seed + 2),
        moves=options.pop("moves", MoveRules(dict.fromkeys(LENGTHS, 0.08))),
        closest_angstrom=np.full((5, 5), closest),
        grid=cells if table else None,
        site_kind=kind,
        sublattice=SUBLATTICES,
        **options,
    )
