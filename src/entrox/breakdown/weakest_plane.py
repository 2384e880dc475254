"""Among the planes of a crystal the one that breaks first, by the threshold law.

Units: V/(m s), angstrom, eV.
"""

from __future__ import annotations

from collections.abc import Sequence

from entrox.breakdown.alloy import MeanParameters, plane_parameters
from entrox.breakdown.bonds import bond_forms
from entrox.breakdown.calibration import PERMITTIVITY, calibrated_patterns, stored_calibration
from entrox.breakdown.ensemble import onset_law
from entrox.breakdown.lattice import IonLattice
from entrox.core import InputError

__all__ = ["weakest_plane"]


def weakest_plane(
    planes: Sequence[IonLattice],
    *,
    mean_free_path: float,
    ionization_energy: float | None = None,
    bond_energy: float | None = None,
) -> tuple[IonLattice, MeanParameters]:
    """Return the plane of lowest onset by the threshold law, and its mean parameters.

    Parameters
    ----------
    planes
        From ``planes_of_atoms``; of equal ones the first is taken.
    mean_free_path
        Electron mean free path [angstrom], the same in all planes.
    ionization_energy, bond_energy
        Values to use instead of the tables [eV], the same in all planes.

    Raises
    ------
    InputError
        If there is no plane, a value is not positive, or an element has no table value.
    """
    if not planes:
        raise InputError("planes must hold at least one plane; take them from planes_of_atoms.")
    candidates = [
        (
            plane,
            plane_parameters(
                plane,
                mean_free_path=mean_free_path,
                ionization_energy=ionization_energy,
                bond_energy=bond_energy,
            ),
        )
        for plane in planes
    ]
    if len(candidates) == 1:
        return candidates[0]

    def onset(candidate: tuple[IonLattice, MeanParameters]) -> float:
        plane, parameters = candidate
        rate = stored_calibration().ramp_rate  # any rate: it scales all onsets alike
        return onset_law(parameters, rate, bond_forms(plane, calibrated_patterns(), PERMITTIVITY), plane)

    return min(candidates, key=onset)
