"""Which species sits on which site: filled by charge and radius so that every site is exactly full.

Pure functions. Amounts are per formula unit of the prototype, exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from entrox.composition.amounts import format_fraction
from entrox.composition.prototypes import Prototype
from entrox.composition.radii import shannon_radius
from entrox.composition.tables import VACANCY
from entrox.core.errors import InputError, nearest_names

__all__ = ["Occupation", "assign_sites", "large_site_preference"]

Occupation = dict[str, dict[str, Fraction]]
"""Amount of every species on every site, by site label."""

MEETING_RADIUS = 0.85
RADIUS_SCALE = 0.1
MEETING_CHARGE = 2.5
CHARGE_SCALE = 2.0
AMPHOTERIC = 1.0
CLOSE_PREFERENCES = 0.5


def large_site_preference(symbol: str, charge: int) -> float:
    """How much a cation prefers the large (A) site over the small (B) site; positive for A.

    .. math:: p = (r_6 - 0.85)/0.1 - (q - 2.5)/2

    with the radius in coordination 6 [angstrom] and the charge [e]; our rule, which sorts the common cations of
    perovskites (Ba, Sr, Ca, Pb, Bi, Na, K, Ag, La to Gd above zero; Ti, Zr, Hf, Sn, Nb, Ta, Sc, Mg, Fe below).
    Between -1 and 1 a cation is amphoteric (Y, Dy to Lu, Li, Mn2+, Ce4+).
    """
    radius = shannon_radius(symbol, charge, 6).value
    return (radius - MEETING_RADIUS) / RADIUS_SCALE - (charge - MEETING_CHARGE) / CHARGE_SCALE


def assign_sites(
    amounts: Mapping[str, Fraction],
    prototype: Prototype,
    charges: Mapping[str, int],
    site_of: Mapping[str, str] | None = None,
) -> tuple[Occupation, tuple[str, ...]]:
    """Distribute the species over the sites of a prototype.

    Parameters
    ----------
    amounts
        Amount of every species per formula unit of the prototype; ``Va`` for vacancies.
    prototype
        Sites to fill.
    charges
        Charge of every species [e]; negative ones go to the anion site.
    site_of
        Site label by species, for those the user places.

    Returns
    -------
    occupation, warnings
        Exact amounts by site, and every doubt about the placement in words.

    Raises
    ------
    InputError
        If a site cannot be filled exactly. A vacancy must be named ``Va``.
    """
    placed = _check_placed(site_of or {}, amounts, prototype)
    anion = prototype.anion
    on_anion = {s: n for s, n in amounts.items() if s != VACANCY and (charges[s] < 0 or placed.get(s) == anion.label)}
    cations = {s: n for s, n in amounts.items() if s != VACANCY and s not in on_anion}
    vacancies = amounts.get(VACANCY, Fraction(0))
    anion_gap = anion.multiplicity - sum(on_anion.values(), Fraction(0))
    if VACANCY in placed:
        anion_gap = vacancies if placed[VACANCY] == anion.label else Fraction(0)
    cation_gap = vacancies - anion_gap
    if cation_gap < 0 or anion_gap < 0:
        anion_gap, cation_gap = Fraction(0), vacancies
    occupation: Occupation = {site.label: {} for site in prototype.cations}
    warnings: tuple[str, ...] = ()
    if len(prototype.cations) == 1:
        occupation[prototype.cations[0].label] = _with_vacancies(cations, cation_gap)
    else:
        occupation, warnings = _fill_two_sites(cations, cation_gap, prototype, charges, placed)
    occupation[anion.label] = _with_vacancies(on_anion, anion_gap)
    check_full(occupation, prototype)
    order = list(amounts)
    return {label: {s: on[s] for s in sorted(on, key=order.index)} for label, on in occupation.items()}, warnings


def _check_placed(site_of: Mapping[str, str], amounts: Mapping[str, Fraction], prototype: Prototype) -> dict[str, str]:
    labels = [site.label for site in (*prototype.cations, prototype.anion)]
    for symbol, label in site_of.items():
        if symbol not in amounts:
            raise InputError(f"site_of (--site) names {symbol!r}, which is not in the formula ({', '.join(amounts)}).")
        if label not in labels:
            raise InputError(
                f"site_of[{symbol!r}] (--site {symbol}) must be a site of the {prototype.name} prototype "
                f"({', '.join(labels)}); got {label!r}; {nearest_names(str(label), labels)}"
            )
    return dict(site_of)


def _with_vacancies(species: Mapping[str, Fraction], vacancies: Fraction) -> dict[str, Fraction]:
    return {**species, VACANCY: vacancies} if vacancies > 0 else dict(species)


def check_full(occupation: Occupation, prototype: Prototype) -> None:
    """Raise unless every site is exactly full."""
    for site in (*prototype.cations, prototype.anion):
        on_site = occupation[site.label]
        total = sum(on_site.values(), Fraction(0))
        if total != site.multiplicity:
            raise site_sum_error(site.label, on_site, site.multiplicity, prototype)


def site_sum_error(
    label: str, on_site: Mapping[str, Fraction], wanted: int | Fraction, prototype: Prototype
) -> InputError:
    """Return the error for a site that is not full or too full."""
    total = sum(on_site.values(), Fraction(0))
    listed = " ".join(f"{s}{_shown(n)}" for s, n in on_site.items()) or "nothing"
    missing = wanted - total
    advice = (
        f"a vacancy must be named {VACANCY}, here {VACANCY}{_shown(Fraction(missing))}"
        if missing > 0
        else f"reduce it by {_shown(-Fraction(missing))}"
    )
    return InputError(
        f"Site {label} of the {prototype.name} prototype holds {listed}, sum {_shown(total)}; it must hold "
        f"{_shown(Fraction(wanted))} per formula unit (as in {prototype.example}): {advice}. "
        f"If the placement is wrong, pass site_of={{'element': 'site'}} (--site ELEMENT=SITE) "
        "or another prototype (--prototype NAME)."
    )


def _shown(value: Fraction) -> str:
    text = format_fraction(value)
    return text if len(text) <= 12 else f"{float(value):.6g}"


def _fill_two_sites(
    cations: Mapping[str, Fraction],
    vacancies: Fraction,
    prototype: Prototype,
    charges: Mapping[str, int],
    placed: Mapping[str, str],
) -> tuple[Occupation, tuple[str, ...]]:
    """Fill A and B; unnamed vacancies go where the species leave the gap, A first."""
    large, small = prototype.cations
    preference = {s: _preference(s, charges[s], placed, prototype) for s in cations}
    ranked = sorted(cations, key=lambda s: -preference[s])
    gaps = [(vacancies, Fraction(0)), (Fraction(0), vacancies)] if vacancies else [(Fraction(0), Fraction(0))]
    if placed.get(VACANCY) in (large.label, small.label):
        gaps = [gaps[placed[VACANCY] == small.label]]
    for gap_a, gap_b in gaps:
        split = _exact_prefix(ranked, cations, large.multiplicity - gap_a, preference)
        if split is not None:
            on_a = {s: cations[s] for s in ranked[:split]}
            on_b = {s: cations[s] for s in ranked[split:]}
            occupation = {large.label: _with_vacancies(on_a, gap_a), small.label: _with_vacancies(on_b, gap_b)}
            return occupation, _ambiguity(on_a, on_b, preference, prototype)
    return _shared_or_fail(ranked, cations, gaps[0], prototype, preference)


def _preference(symbol: str, charge: int, placed: Mapping[str, str], prototype: Prototype) -> float:
    """Return how much a cation prefers the first site; in a normal spinel the one with the lower charge."""
    large, small = (site.label for site in prototype.cations)
    if placed.get(symbol) == large:
        return float("inf")
    if placed.get(symbol) == small:
        return float("-inf")
    if prototype.name == "spinel":
        return MEETING_CHARGE - charge
    try:
        return large_site_preference(symbol, charge)
    except InputError as error:
        raise InputError(
            f"{error} To place it without a radius pass site_of={{{symbol!r}: {small!r}}} (--site {symbol}={small})."
        ) from error


def _exact_prefix(
    ranked: list[str], cations: Mapping[str, Fraction], wanted: Fraction, preference: Mapping[str, float]
) -> int | None:
    """Return how many of the ranked species fill the A site exactly, else None."""
    total = Fraction(0)
    for count, symbol in enumerate(ranked):
        if total == wanted:
            return None if preference[symbol] == float("inf") else count
        if preference[symbol] == float("-inf"):
            return None
        total += cations[symbol]
    return None


def _ambiguity(
    on_a: Iterable[str], on_b: Iterable[str], preference: Mapping[str, float], prototype: Prototype
) -> tuple[str, ...]:
    """Return a warning where species on the two sites hardly differ in preference, or sit against it."""
    warnings = []
    large, small = (site.label for site in prototype.cations)
    a, b = min(on_a, key=preference.__getitem__), max(on_b, key=preference.__getitem__)
    if abs(preference[a] - preference[b]) < CLOSE_PREFERENCES:
        warnings.append(
            f"site assignment is ambiguous: {a} was placed on {large} and {b} on {small}, but they are alike in radius "
            f"and charge; pass site_of={{{b!r}: {large!r}, {a!r}: {small!r}}} (--site {b}={large} --site {a}={small}) "
            "to change it"
        )
    against = ((a, -preference[a], large), (b, preference[b], small))
    for symbol, mismatch, label in against:
        if CLOSE_PREFERENCES < mismatch < float("inf"):
            warnings.append(
                f"{symbol} fills the {label} site by stoichiometry, although its radius and charge suit the other site"
            )
    return tuple(warnings)


def _shared_or_fail(
    ranked: list[str],
    cations: Mapping[str, Fraction],
    gaps: tuple[Fraction, Fraction],
    prototype: Prototype,
    preference: Mapping[str, float],
) -> tuple[Occupation, tuple[str, ...]]:
    """Let one amphoteric species share both sites with a warning, or raise for the site that is not full."""
    large, small = prototype.cations
    room = large.multiplicity - gaps[0]
    count, total = 0, Fraction(0)
    while count < len(ranked) and total + cations[ranked[count]] <= room:
        total += cations[ranked[count]]
        count += 1
    full = sum(cations.values(), sum(gaps)) == large.multiplicity + small.multiplicity
    if full and count < len(ranked) and abs(preference[ranked[count]]) < AMPHOTERIC:
        shared, part = ranked[count], room - total
        on_a = {s: cations[s] for s in ranked[:count]} | {shared: part}
        on_b = {shared: cations[shared] - part} | {s: cations[s] for s in ranked[count + 1 :]}
        warning = (
            f"{shared} is amphoteric and was shared between {large.label} ({_shown(part)}) and {small.label} "
            f"({_shown(cations[shared] - part)}) so that both sites are full; pass site_of={{{shared!r}: "
            f"{large.label!r}}} (--site {shared}={large.label}) to place it"
        )
        occupation = {large.label: _with_vacancies(on_a, gaps[0]), small.label: _with_vacancies(on_b, gaps[1])}
        return occupation, (warning,)
    on_a = {s: n for s, n in cations.items() if preference[s] > 0}
    on_b = {s: n for s, n in cations.items() if preference[s] <= 0}
    a_off = abs(sum(on_a.values(), gaps[0]) - large.multiplicity)
    b_off = abs(sum(on_b.values(), gaps[1]) - small.multiplicity)
    if a_off >= b_off:
        raise site_sum_error(large.label, _with_vacancies(on_a, gaps[0]), large.multiplicity, prototype)
    raise site_sum_error(small.label, _with_vacancies(on_b, gaps[1]), small.multiplicity, prototype)
