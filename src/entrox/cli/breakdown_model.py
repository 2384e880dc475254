"""From the options of ``entrox breakdown`` to what is simulated: dimension, size, alloy, vacancies, enhancement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from entrox.core.checks import check_in_range, check_positive
from entrox.core.errors import InputError

if TYPE_CHECKING:
    from entrox.breakdown import AvalancheModel, Trap
    from entrox.cli.breakdown_material import Material, MaterialOptions

__all__ = ["ModelOptions", "build_model", "check_alloy_of", "check_options_together"]

ALLOYS = ("mean", "explicit")
RELEASES = ("unlimited", "full")
PROFILES = ("uniform", "bottom", "top")
TRAP_OPTIONS = {
    "trap_density": "--trap-density-per-m3",
    "optical_permittivity": "--optical-permittivity",
    "temperature": "--temperature-k",
    "trap_release": "--trap-release",
    "vacancy_fraction": "--vacancy-fraction",
    "vacancy_clustering": "--vacancy-clustering",
    "vacancy_profile": "--vacancy-profile",
}
TRAP_DENSITY, TEMPERATURE = 8e24, 300.0


@dataclass(frozen=True, kw_only=True)
class ModelOptions:
    """What the user said about the model, None where nothing; energies in eV, density in 1/m3, temperature in K."""

    dimensions: int
    cells: int
    thickness: int | None
    alloy: str
    clustering: float | None
    enhancement: bool | None
    trap_depth: float | None
    trap_density: float | None
    optical_permittivity: float | None
    temperature: float | None
    trap_release: str | None
    vacancy_fraction: float | None
    vacancy_clustering: float | None
    vacancy_profile: str | None


def build_model(options: ModelOptions) -> AvalancheModel:
    """Return the model.

    Raises
    ------
    InputError
        If a value is out of its range, or options contradict one another.
    """
    from entrox.breakdown import AvalancheModel

    if options.dimensions not in (2, 3):
        raise InputError(f"--dimensions must be 2, one plane, or 3, the whole crystal; got {options.dimensions}.")
    _check_choice(options.alloy, "--alloy", ALLOYS)
    if options.clustering is not None:
        check_in_range(options.clustering, "--clustering", low=-1.0, high=1.0)
        if options.alloy != "explicit":
            raise InputError(
                "--clustering arranges the cations of --alloy explicit; mean parameters have no arrangement. Add "
                "--alloy explicit, or leave --clustering out."
            )
    vacancies: dict[str, Any] = {} if _no_trap(options) else _vacancies(options)
    return AvalancheModel(
        dimensions=3 if options.dimensions == 3 else 2,
        cells=options.cells,
        thickness=options.thickness,
        alloy="explicit" if options.alloy == "explicit" else "mean",
        clustering=options.clustering or 0.0,
        enhancement=options.enhancement,
        **vacancies,
    )


def _no_trap(options: ModelOptions) -> bool:
    """Whether there are no vacancies; raise if only their details are given, or they do not go with the rest."""
    if options.trap_depth is None:
        given = [option for name, option in TRAP_OPTIONS.items() if getattr(options, name) is not None]
        if given:
            raise InputError(f"{' and '.join(given)} describes vacancies; say how deep they are: give --trap-depth-ev.")
        return True
    if options.dimensions == 3:
        raise InputError(
            "--trap-depth-ev goes with --dimensions 2: the released density has no calibration in three dimensions."
        )
    return False


def _vacancies(options: ModelOptions) -> dict[str, Any]:
    fraction = 1.0 if options.vacancy_fraction is None else options.vacancy_fraction
    clustering = options.vacancy_clustering or 0.0
    profile = _check_choice(options.vacancy_profile or "uniform", "--vacancy-profile", PROFILES)
    check_in_range(fraction, "--vacancy-fraction", low=0.0, high=1.0)
    check_in_range(clustering, "--vacancy-clustering", low=-1.0, high=1.0)
    arranged = [name for name, on in (("clustering", clustering), ("profile", profile != "uniform")) if on]
    if arranged and fraction in (0.0, 1.0):
        raise InputError(
            f"--vacancy-{arranged[0]} arranges vacancies on a part of the anion sites: give --vacancy-fraction between "
            f"0 and 1; it is {fraction:g}, on which every arrangement is the same."
        )
    if len(arranged) > 1:
        raise InputError("--vacancy-clustering goes with --vacancy-profile uniform; give one of them.")
    return {
        "trap": _trap(options),
        "vacancy_fraction": fraction,
        "vacancy_clustering": clustering,
        "vacancy_profile": profile,
    }


def _trap(options: ModelOptions) -> Trap:
    from entrox.breakdown import Trap
    from entrox.breakdown.calibration import stored_optical_permittivity

    density = TRAP_DENSITY if options.trap_density is None else options.trap_density
    temperature = TEMPERATURE if options.temperature is None else options.temperature
    permittivity = options.optical_permittivity
    permittivity = stored_optical_permittivity() if permittivity is None else permittivity
    release = _check_choice(options.trap_release or "unlimited", "--trap-release", RELEASES)
    return Trap(
        depth=check_positive(options.trap_depth or 0.0, "--trap-depth-ev", "eV"),
        density=check_positive(density, "--trap-density-per-m3", "1/m3"),
        optical_permittivity=check_in_range(permittivity, "--optical-permittivity", low=1.0),
        temperature=check_positive(temperature, "--temperature-k", "K"),
        release="full" if release == "full" else "unlimited",
    )


def _check_choice(value: str, option: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise InputError(f"{option} must be {' or '.join(allowed)}; got {value!r}.")
    return value


def check_options_together(model: ModelOptions, material: MaterialOptions) -> None:
    """Raise InputError where the model does not go with what is said about the material."""
    if model.alloy != "explicit":
        return
    if material.structure is not None:
        raise InputError(
            "--alloy explicit arranges the cations of a formula on the model crystal; a --structure has them in their "
            "places. Leave one of them out."
        )
    single = {
        "--ionization-energy-ev": material.ionization_energy is not None,
        "--bond-energy-ev": material.bond_energy is not None,
        "--published-energies": material.published_energies,
    }
    given = [option for option, is_given in single.items() if is_given]
    if given:
        raise InputError(
            f"--alloy explicit gives every ion and bond its own tabulated values; {' and '.join(given)} sets one value "
            "for all. Leave one of them out."
        )


def check_alloy_of(material: Material, options: ModelOptions) -> None:
    """Raise InputError where the sites of an explicit alloy are not those of the model crystal."""
    composition = material.parameters.composition
    if options.alloy != "explicit" or composition is None:
        return
    labels = [site.label for site in composition.cation_sites]
    if "A" not in labels:
        raise InputError(
            f"--alloy explicit needs the cation sites A and B of the model crystal; {composition.formula} "
            f"({composition.prototype}) has {', '.join(labels)}. Use --alloy mean."
        )
