"""``entrox describe``: everything that follows from a formula alone."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from entrox.cli.terminal import print_heading, print_json, print_table, print_text, print_warnings, rounded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from entrox.composition import Composition, Description

__all__ = ["CHARGE_OPTION", "SITE_OPTION", "X_OPTION", "build_composition", "describe", "options_named"]

OPTIONS_OF_ARGUMENTS = {
    "charges=": "--charge ELEMENT=+N",
    "site_of=": "--site ELEMENT=SITE",
    "bond_energy": "--bond-energy-ev NUMBER",
}

FORMULA_HELP = "Formula, shared sites and x allowed: 'Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3'. Quote it if it has brackets."
X_OPTION = typer.Option("--x", metavar="NUMBER", help="Value of x: a decimal or a fraction such as 1/6.")
CHARGE_OPTION = typer.Option(
    "--charge", metavar="ELEMENT=+N", help="Ionic charge of an element, Fe=+3; repeat for more."
)
SITE_OPTION = typer.Option("--site", metavar="ELEMENT=SITE", help="Site of an element, Mn=B; repeat for more.")


def describe(
    formula: Annotated[str, typer.Argument(help=FORMULA_HELP)],
    x: Annotated[str | None, X_OPTION] = None,
    y: Annotated[str | None, typer.Option("--y", metavar="NUMBER", help="Value of y, as for x.")] = None,
    prototype: Annotated[
        str | None, typer.Option(help="Structure type, such as perovskite or 'rock salt'; guessed if not given.")
    ] = None,
    charge: Annotated[list[str] | None, CHARGE_OPTION] = None,
    site: Annotated[list[str] | None, SITE_OPTION] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Entropy, distortion and charge of a formula.

    Beside them sites, tolerance factors, density and warnings. The entropy stands in every normalization in use,
    because they differ; distortions are percent in the table and fractions in JSON.
    """
    from entrox.composition import describe as describe_composition

    composition = build_composition(formula, x, y=y, prototype=prototype, charge=charge, site=site)
    with options_named():
        description = describe_composition(composition)
    if json:
        print_json(description.to_dict())
        return
    _print_description(composition, description)


def build_composition(
    formula: str,
    x: str | None,
    *,
    y: str | None = None,
    prototype: str | None = None,
    charge: Sequence[str] | None = None,
    site: Sequence[str] | None = None,
) -> Composition:
    """Return the composition that the options of a command describe.

    Raises
    ------
    FormatError, InputError
        If the formula cannot be read or put on sites, or an option is missing or malformed.
    """
    from entrox.composition import format_fraction, parse_formula
    from entrox.core.errors import InputError

    read = parse_formula(formula)
    for name, value in (("x", x), ("y", y)):
        if name in read.variables and value is None:
            interval = read.valid_range(name)
            allowed = "" if interval is None else " between {} and {}".format(*map(format_fraction, interval))
            raise InputError(f"{formula} needs a value of {name}{allowed}: give --{name}.")
    with options_named():
        return read.at(x, y=y, prototype=prototype, site_of=_sites(site or ()), charges=_charges(charge or ()))


@contextmanager
def options_named() -> Iterator[None]:
    """Add to an InputError that names an argument of Python the option of the command line."""
    from entrox.core.errors import FormatError, InputError

    try:
        yield
    except FormatError:
        raise
    except InputError as error:
        text = str(error)
        named = {argument: option for argument, option in OPTIONS_OF_ARGUMENTS.items() if argument in text}
        options = [option for option in named.values() if option.split()[0] not in text]
        if not options:
            raise
        raise InputError(f"{error} On the command line: {', '.join(options)}.") from error


def _pairs(texts: Sequence[str], option: str, example: str) -> dict[str, str]:
    from entrox.core.errors import InputError

    pairs: dict[str, str] = {}
    for text in texts:
        symbol, equals, value = (part.strip() for part in text.partition("="))
        if not (symbol and equals and value):
            raise InputError(f"{option} must be ELEMENT=VALUE, for example {option} {example}; got {text!r}.")
        if symbol in pairs:
            raise InputError(f"{option} was given twice for {symbol}; give it once.")
        pairs[symbol] = value
    return pairs


def _charges(texts: Sequence[str]) -> dict[str, int] | None:
    """Return charges from ``Fe=+3``, ``Fe=3`` or ``Fe=3+``."""
    from entrox.core.errors import InputError

    charges = {}
    for symbol, text in _pairs(texts, "--charge", "Fe=+3").items():
        signed = text[-1] + text[:-1] if text[-1] in "+-" else text
        try:
            charges[symbol] = int(signed)
        except ValueError:
            raise InputError(
                f"--charge {symbol} must be a whole number of elementary charges, as in {symbol}=+3; got {text!r}."
            ) from None
    return charges or None


def _sites(texts: Sequence[str]) -> dict[str, str] | None:
    return _pairs(texts, "--site", "Mn=B") or None


def _print_description(composition: Composition, description: Description) -> None:
    variables = ", ".join(
        f"{name} = {v:g}" for name, v in (("x", composition.x), ("y", composition.y)) if v is not None
    )
    print_heading(f"{description.formula}  ({description.prototype}{', ' + variables if variables else ''})")
    print_text()
    print_table(("Site", "Per formula unit", "Coordination", "Species"), _site_rows(composition), right=(1, 2))
    print_text()
    print_table(("Quantity", "Value", "Unit"), _quantity_rows(description), right=(1,))
    print_warnings(description.warnings)


def _site_rows(composition: Composition) -> list[tuple[str, str, str, str]]:
    rows = []
    for site in composition.sites.values():
        species = [f"{_ion(s, site.charges[s])} {float(c):.4g}" for s, c in site.fractions.items()]
        rows.append((site.label, str(site.multiplicity), str(site.coordination), ", ".join(species)))
    return rows


def _ion(symbol: str, charge: int) -> str:
    return symbol if charge == 0 else f"{symbol}{abs(charge) if abs(charge) > 1 else ''}{'+' if charge > 0 else '-'}"


def _quantity_rows(description: Description) -> list[tuple[str, str, str]]:
    entropy = description.entropy_r
    rows = [("entropy per formula unit", rounded(_number(entropy["per_formula_unit"])), "R")]
    per_site = entropy["per_site"]
    mixed = {k: v for k, v in per_site.items() if v > 0} if isinstance(per_site, dict) else {}
    rows += [(f"entropy per mole of the {label} site", rounded(value), "R") for label, value in mixed.items()]
    rows += [
        ("entropy per cation", rounded(_number(entropy["per_cation"])), "R"),
        ("entropy per atom", rounded(_number(entropy["per_atom"])), "R"),
        ("entropy metric (Dippo and Vecchio)", rounded(_number(entropy["entropy_metric"])), "R"),
    ]
    distortion = description.lattice_distortion
    rows += [
        (f"lattice distortion{'' if label == 'total' else f' of the {label} site'}", rounded(100 * value), "%")
        for label, value in distortion.items()
    ]
    rows += [
        ("Goldschmidt tolerance factor", rounded(description.tolerance_factor), ""),
        ("Bartel tolerance factor", rounded(description.bartel_tau), ""),
        ("octahedral factor", rounded(description.octahedral_factor), ""),
        ("charge imbalance", f"{description.charge_imbalance:+.4g}" if description.charge_imbalance else "0", "e"),
        ("mean electronegativity difference", rounded(description.mean_electronegativity_difference), ""),
        ("molar mass", rounded(description.molar_mass_g_per_mol, 5), "g/mol"),
        ("pseudo-cubic lattice parameter", rounded(description.lattice_parameter_angstrom), "angstrom"),
        ("density", rounded(description.density_g_per_cm3), "g/cm3"),
    ]
    return [row for row in rows if row[1] != "-"]


def _number(value: float | dict[str, float]) -> float | None:
    return value if isinstance(value, float) else None
