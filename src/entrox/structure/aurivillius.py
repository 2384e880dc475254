r"""Boxes of bismuth titanate Bi4Ti3O12, bismuth replaced by several lanthanides.

The crystal is the tetragonal parent I4/mmm of the Aurivillius phase with three perovskite layers between sheets of
Bi2O2. Substitution follows :math:`\mathrm{Bi}_{4-4x} Ln_{4x} \mathrm{Ti}_3 \mathrm{O}_{12}`: four ions on the A sites
for every x. Lengths in angstrom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import isclose
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, check_in_range, check_integer, check_positive
from entrox.structure.occupation import occupy_sites

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["LANTHANIDES", "SIZES", "build_bismuth_titanate", "substitution_of"]

Floats = NDArray[np.float64]

LATTICE_ANGSTROM = (3.8633, 33.294)
"""Edges a and c of the cell of I4/mmm."""
LANTHANIDES = ("La", "Nd", "Pr", "Sm")
WYCKOFF_SITES: Mapping[str, tuple[str, tuple[tuple[float, float, float], ...]]] = {
    "Bi1": ("Bi", ((0.0, 0.0, 0.2118), (0.0, 0.0, -0.2118))),
    "Bi2": ("Bi", ((0.0, 0.0, 0.0668), (0.0, 0.0, -0.0668))),
    "Ti1": ("Ti", ((0.0, 0.0, 0.5),)),
    "Ti2": ("Ti", ((0.0, 0.0, 0.3714), (0.0, 0.0, -0.3714))),
    "O4c": ("O", ((0.5, 0.0, 0.0), (0.0, 0.5, 0.0))),
    "O4d": ("O", ((0.5, 0.0, 0.25), (0.0, 0.5, 0.25))),
    "O4e1": ("O", ((0.0, 0.0, 0.4406), (0.0, 0.0, -0.4406))),
    "O4e2": ("O", ((0.0, 0.0, 0.3179), (0.0, 0.0, -0.3179))),
    "O8g": ("O", ((0.0, 0.5, 0.1178), (0.5, 0.0, 0.1178), (0.0, 0.5, -0.1178), (0.5, 0.0, -0.1178))),
}
"""Element and places of each site in the cell; the body centering doubles them."""
BODY_CENTER = (0.5, 0.5, 0.5)
SQUARE_ROOT_CELL = ((1, 1, 0), (-1, 1, 0), (0, 0, 1))
"""Cell of 76 atoms in edges of I4/mmm."""
SIZES: Mapping[str, tuple[int, int, int]] = {"76": (1, 1, 1), "684": (3, 3, 1)}
"""Repeats of the cell of 76 atoms by the number of atoms."""
A_SITES_PER_CELL = 16
A_IONS_PER_FORMULA = 4.0
COUNT_TOLERANCE = 1e-6

Size = str | Sequence[int]


def build_bismuth_titanate(
    x: float = 0.0,
    species: Sequence[str] = LANTHANIDES,
    size: Size = "76",
    order: str = "random",
    bi1_share: float | None = None,
    *,
    rng: np.random.Generator | None = None,
) -> Atoms:
    """Build a periodic box of Bi(4-4x)Ln(4x)Ti3O12, the lanthanides in equal parts.

    Parameters
    ----------
    x
        Share of the A sites with a lanthanide, 0 to 1.
    species
        Lanthanides.
    size
        Number of atoms, ``76`` or ``684``, or repeats of the cell of 76 atoms along its three vectors.
    order
        ``random``, or ``sqs`` for pairs of neighbors as near to chance as can be found.
    bi1_share
        Share of the lanthanides on the sites Bi1 in the Bi2O2 sheets, 0 to 1; one half if None, without preference.
        Each element is split like that, as near as whole numbers allow.
    rng
        Puts ions on sites; needed where x is neither 0 nor 1 with one lanthanide.

    Returns
    -------
    Atoms
        Edges sqrt(2) a, sqrt(2) a and c times the repeats. The array ``site`` names the sites Bi1, Bi2, Ti1, Ti2, O4c,
        O4d, O4e1, O4e2 and O8g; ``info["occupation"]`` holds the counts.

    Raises
    ------
    InputError
        If x times the A sites is no whole number for each lanthanide (the message names the smallest cell that works),
        or another value is outside its range.

    Notes
    -----
    A literal Bi(4-4x)Ln(x)Ti3O12, as sometimes printed, has 4 - 3x A ions and no balance of charge; see
    :func:`substitution_of`.

    Examples
    --------
    >>> build_bismuth_titanate().get_chemical_formula()
    'Bi16O48Ti12'
    >>> box = build_bismuth_titanate(0.75, rng=np.random.default_rng(1))
    >>> box.get_chemical_formula()
    'Bi4La3Nd3O48Pr3Sm3Ti12'
    """
    repeats = _repeats(size)
    check_in_range(x, "x", low=0.0, high=1.0)
    if order not in ("random", "sqs"):
        raise InputError(f"order must be random or sqs; got {order!r}.")
    counts = _substitution_counts(x, tuple(species), int(np.prod(repeats)) * A_SITES_PER_CELL)
    atoms: Atoms = _parent_cell().repeat(repeats)
    atoms.info["supercell"] = tuple(repeats)
    if not counts:
        return atoms
    if rng is None:
        raise InputError("the lanthanides are drawn onto sites: pass rng=...")
    return _substituted(atoms, counts, order, bi1_share, rng)


def substitution_of(amounts: Mapping[str, float]) -> tuple[float, tuple[str, ...]]:
    """Substitution x and lanthanides of a formula unit, refused where the A sites are not full.

    Parameters
    ----------
    amounts
        Ions of each element, of one formula unit or a part of it.

    Returns
    -------
    tuple
        Share of the A sites with a lanthanide, and the lanthanides.

    Raises
    ------
    InputError
        If Ti and O are not 3 to 12, the A ions are not four, or the lanthanides have different amounts.

    Examples
    --------
    >>> substitution_of({"Bi": 2, "La": 1, "Nd": 1, "Ti": 3, "O": 12})
    (0.5, ('La', 'Nd'))
    """
    titanium = float(amounts.get("Ti", 0.0))
    unit = {name: 3.0 * float(n) / titanium for name, n in amounts.items()} if titanium > 0.0 else {}
    if not isclose(unit.get("O", 0.0), 12.0):
        raise InputError(f"bismuth titanate has Ti3O12; got {dict(amounts)}. Give Bi(4-4x)Ln(4x)Ti3O12.")
    others = {name: n for name, n in unit.items() if name not in ("Bi", "Ti", "O") and n > COUNT_TOLERANCE}
    total = unit.get("Bi", 0.0) + sum(others.values())
    if not isclose(total, A_IONS_PER_FORMULA, abs_tol=COUNT_TOLERANCE):
        raise InputError(
            f"the A sites of Bi4Ti3O12 hold 4 ions; got {total:g}. Bi(4-4x)Ln(x)Ti3O12, as sometimes printed, has "
            "4 - 3x of them and no balance of charge: the formula is Bi(4-4x)Ln(4x)Ti3O12."
        )
    if others and max(others.values()) - min(others.values()) > COUNT_TOLERANCE:
        raise InputError(f"the lanthanides must have equal parts; got {others}. Build others with occupy_sites.")
    return sum(others.values()) / A_IONS_PER_FORMULA, tuple(others)


def _repeats(size: Size) -> tuple[int, int, int]:
    if isinstance(size, str):
        if size not in SIZES:
            raise InputError(f"size must be one of {', '.join(SIZES)} or three repeats; got {size!r}.")
        return SIZES[size]
    if len(size) != 3:
        raise InputError(f"size must be one of {', '.join(SIZES)} or three repeats; got {size!r}.")
    first, second, third = (check_integer(n, f"size[{k}]", low=1) for k, n in enumerate(size))
    return first, second, third


def _parent_cell() -> Atoms:
    """Return the cell of 76 atoms with Bi on all A sites."""
    from ase import Atoms
    from ase.build import make_supercell

    symbols, labels, places = [], [], []
    for label, (element, positions) in WYCKOFF_SITES.items():
        for place in positions:
            for center in ((0.0, 0.0, 0.0), BODY_CENTER):
                symbols.append(element)
                labels.append(label)
                places.append(np.add(place, center) % 1.0)
    a, c = LATTICE_ANGSTROM
    tetragonal = Atoms(symbols, scaled_positions=places, cell=(a, a, c), pbc=True)
    tetragonal.set_array("site", np.array(labels))
    atoms = make_supercell(tetragonal, SQUARE_ROOT_CELL)
    # the diagonal of the square becomes the x axis
    places = atoms.get_scaled_positions() % 1.0
    edge = float(np.sqrt(2.0) * check_positive(a, "a", "angstrom"))
    atoms.set_cell((edge, edge, c))
    atoms.set_scaled_positions(places)
    order = np.argsort([list(WYCKOFF_SITES).index(label) for label in atoms.get_array("site")], kind="stable")
    ordered: Atoms = atoms[order]
    return ordered


def _substitution_counts(x: float, species: tuple[str, ...], n_sites: int) -> dict[str, int]:
    """Return how many sites each lanthanide gets; none for x = 0."""
    if x == 0.0:
        return {}
    if not species or len(set(species)) < len(species) or "Bi" in species:
        raise InputError(f"species must be different lanthanides; got {', '.join(species) or 'none'}.")
    each = x * n_sites / len(species)
    if abs(each - round(each)) > COUNT_TOLERANCE * n_sites:
        part = Fraction(x / len(species)).limit_denominator(10_000)
        # sixteen sites a cell: n cells are exact where n * 16 is a multiple of the denominator
        cells = part.denominator // int(np.gcd(part.denominator, A_SITES_PER_CELL))
        raise InputError(
            f"x = {x:g} gives {each:g} sites for each of {', '.join(species)} on {n_sites} A sites, no whole number. "
            f"The smallest box that works has {cells} x 76 = {cells * 76} atoms: size=({cells}, 1, 1)."
        )
    return dict.fromkeys(species, round(each))


def _substituted(
    atoms: Atoms, counts: Mapping[str, int], order: str, bi1_share: float | None, rng: np.random.Generator
) -> Atoms:
    """Return the box with lanthanides on its A sites."""
    labels = atoms.get_array("site")
    if bi1_share is None:
        on_a = atoms.copy()
        on_a.set_array("site", np.where(np.isin(labels, ("Bi1", "Bi2")), "A", labels))
        occupied = occupy_sites(
            on_a, {"A": _fractions(counts, int((on_a.get_array("site") == "A").sum()))}, order, rng=rng
        )
        occupied.set_array("site", labels)
        return occupied
    share = check_in_range(bi1_share, "bi1_share", low=0.0, high=1.0)
    n_sites = int((labels == "Bi1").sum())
    first = _split(counts, share, n_sites)
    second = {name: count - first[name] for name, count in counts.items()}
    return occupy_sites(atoms, {"Bi1": _fractions(first, n_sites), "Bi2": _fractions(second, n_sites)}, order, rng=rng)


def _split(counts: Mapping[str, int], share: float, n_sites: int) -> dict[str, int]:
    """Return how many of each lanthanide stand on Bi1; halves go up and down in turn, so that the sum is nearest."""
    wanted = share * sum(counts.values())
    if wanted > n_sites or sum(counts.values()) - wanted > n_sites:
        raise InputError(
            f"bi1_share = {share:g} puts {wanted:g} of {sum(counts.values())} lanthanides on {n_sites} sites Bi1 and "
            f"the others on {n_sites} sites Bi2; there is no room. Take a share nearer to one half."
        )
    ideal = np.array([share * count for count in counts.values()])
    # a running sum keeps the total within half an ion of the wanted one
    places = np.rint(np.concatenate([[0.0], np.cumsum(ideal)]) + 1e-9).astype(int)
    return dict(zip(counts, np.diff(places).tolist(), strict=True))


def _fractions(counts: Mapping[str, int], n_sites: int) -> dict[str, float]:
    left = n_sites - sum(counts.values())
    return {name: n / n_sites for name, n in [("Bi", left), *counts.items()] if n > 0 or name == "Bi"}
