"""Ready-made fields of displacements on the cells of a picture: uniform, random directions, random domains.

Shape ``(p, q, 2)``, components along a1 and a2, in any unit of length.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from entrox.core import check_in_range, check_integer

__all__ = ["domain_field", "random_field", "uniform_field"]

Floats = NDArray[np.float64]


def uniform_field(shape: Sequence[int], magnitude: float, direction_deg: float = 0.0) -> Floats:
    """Return one vector for all cells.

    Parameters
    ----------
    shape
        Cells along a1 and a2.
    magnitude
        Length of the vector.
    direction_deg
        Its direction, counter-clockwise from a1.

    Examples
    --------
    >>> uniform_field((2, 3), 5.0, 90.0)[1, 2].round(12).tolist()
    [0.0, 5.0]
    """
    angle = np.radians(check_in_range(direction_deg, "direction_deg"))
    vector = check_in_range(magnitude, "magnitude", low=0.0) * np.array([np.cos(angle), np.sin(angle)])
    return np.broadcast_to(vector, (*_checked(shape), 2)).copy()


def random_field(shape: Sequence[int], magnitude: float, rng: np.random.Generator) -> Floats:
    """Return vectors of one length in random directions, independent in every cell."""
    return domain_field(shape, magnitude, 1, rng)


def domain_field(shape: Sequence[int], magnitude: float, domain_cells: int, rng: np.random.Generator) -> Floats:
    """Return square domains of n x n cells, each in a random direction.

    Parameters
    ----------
    shape
        Cells along a1 and a2; domains at the far border may be cut.
    magnitude
        Length of the vectors.
    domain_cells
        n.
    rng
        Draws the directions.
    """
    p, q = _checked(shape)
    n = check_integer(domain_cells, "domain_cells", low=1)
    angle = rng.uniform(0.0, 2.0 * np.pi, (-(-p // n), -(-q // n)))
    blocks = np.repeat(np.repeat(angle, n, axis=0), n, axis=1)[:p, :q]
    length = check_in_range(magnitude, "magnitude", low=0.0)
    return np.asarray(length * np.stack([np.cos(blocks), np.sin(blocks)], axis=-1))


def _checked(shape: Sequence[int]) -> tuple[int, int]:
    p, q = shape
    return check_integer(p, "shape[0]", low=1), check_integer(q, "shape[1]", low=1)
