"""Results of ``entrox rmc``: what is printed, and the keys of an analysis of boxes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from entrox.cli.terminal import print_table, print_text, print_warnings, rounded

if TYPE_CHECKING:
    from entrox.cli.rmc_input import AnalyzedBoxes

__all__ = ["analysis_content", "print_boxes", "print_run"]


def analysis_content(found: AnalyzedBoxes) -> dict[str, Any]:
    """Return an analysis of boxes with the keys of ``--json``."""
    from entrox.scattering.run.rmc_record import analysis_record

    content = analysis_record(found.main)
    off = None if found.other is None else analysis_record(found.other)
    if off is not None:
        for name, row in content["mean_modulus_angstrom"].items():
            row["bond_valence_off"] = off["mean_modulus_angstrom"][name]["mean"]
    mode = None if found.bond_valence is None else "on" if found.bond_valence else "off"
    return {"files": [str(path) for path in found.files], "bond_valence_mode": mode, **content}


def print_run(content: Mapping[str, Any]) -> None:
    """Print a refinement: the fit first, then what the boxes hold, each beside chance."""
    words = ", ".join(map(str, content["seeds"]))
    print_text(f"{content['n_atoms']:,} atoms, distances to {content['r_table_angstrom']:.4g} Å, seeds {words}")
    number = content["n_independent_data"]
    if number:
        print_text(
            f"The data hold about {number:.0f} independent numbers, the box {3 * content['n_atoms']:,} coordinates: "
            "only distributions mean anything."
        )
    _print_fit(content)
    _print_weights(content)
    _print_lengths(content["mean_modulus_angstrom"])
    _print_data_weights(content["data_weights"])
    _print_classes(content["class_share_by_site"])
    _print_valences(content["bond_valence"])
    moves = content["moves"]
    print_text()
    print_text(
        f"Moves: {moves['generated']:,} generated, {moves['tested']:,} within the hard limits, {moves['accepted']:,} "
        f"accepted; {moves['per_second']:,.0f} per second and run"
    )
    print_warnings(content["warnings"])


def _print_fit(content: Mapping[str, Any]) -> None:
    rows = [
        (
            item["name"], item["form"], str(item["n_points"]), rounded(item["chi2_per_point"], 3),
            rounded(item["chi2_per_point_bond_valence_off"], 3), rounded(item["rw"], 3),
            rounded(item["hold_out_chi2_per_point"], 3), rounded(item["scale"]), rounded(item["offset"], 3),
        )
        for item in content["sets"]
    ]  # fmt: skip
    if rows:
        headers = ("Set", "Form", "Points", "chi2/point", "BV off", "Rw", "Held out", "Scale", "Offset")
        print_text()
        print_table(headers, rows, right=range(2, 9))
    lengths = content["lengths"]
    if lengths["plateau_barn"] is not None:
        print_text()
        print_text(
            f"Scattering lengths {lengths['table']}: plateau {lengths['plateau_barn']:.6f} barn, expected "
            f"{lengths['expected_barn']:.6f}"
        )


def _print_weights(content: Mapping[str, Any]) -> None:
    weights = content["faber_ziman_percent"]
    if not weights or not content["sets"]:
        return
    unseen = set(content["unseen_pairs"])
    print_text()
    print_text(
        "Weights [%]: " + ", ".join(f"{name} {value:.2f}" for name, value in weights.items() if name not in unseen)
    )
    if unseen:
        print_text("Practically unseen (below 2 %): " + ", ".join(name for name in weights if name in unseen))


def _print_lengths(table: Mapping[str, Any]) -> None:
    if not table:
        return
    keys = ("mean", "spread", "thermal_floor", "shuffled", "bond_valence_off")
    rows = [
        (name, *(rounded(row[key], 3) for key in keys), _interval(row["interval_95"])) for name, row in table.items()
    ]
    headers = ("Mean |d| [Å]", "Boxes", "Spread", "Thermal floor", "Shuffled", "Bond valence off", "95 % of boxes")
    print_text()
    print_table(headers, rows, right=range(1, 7))


def _interval(ends: list[float] | None) -> str:
    return "-" if ends is None else f"{ends[0]:.3f} to {ends[1]:.3f}"


def _print_data_weights(tables: list[Mapping[str, Any]]) -> None:
    for table in tables:
        names, sets = list(table["mean_modulus_angstrom"]), list(table["chi2_per_point"])
        rows = [
            (
                f"{weight:g}" if weight else "0 (no data)",
                *(rounded(table["chi2_per_point"][name][k], 4) for name in sets),
                *(rounded(table["mean_modulus_angstrom"][name][k], 3) for name in names),
            )
            for k, weight in enumerate(table["weights"])
        ]
        print_text()
        print_text(f"Mean |d| [Å] at other weights of the data, bond valence {table['bond_valence']}:")
        headers = ("Weight", *(f"chi2/point {name}" for name in sets), *names)
        print_table(headers, rows, right=range(1, len(headers)))


def _print_classes(table: Mapping[str, Any]) -> None:
    rows = [
        (site, name, *(_percent(row[key]) for key in ("value", "spread", "chance")))
        for site, shares in table.items()
        for name, row in shares.items()
    ]
    if rows:
        print_text()
        print_table(("Site", "Class [%]", "Share", "Spread", "Chance"), rows, right=(2, 3, 4))


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100.0 * value:.1f}"


def _print_valences(modes: list[Mapping[str, Any]]) -> None:
    known = [item for item in modes if item["gii"] is not None]
    if not known:
        return
    names = list(known[0]["mean_by_element"])
    rows = [
        (item["mode"], rounded(item["gii"], 3), *(rounded(item["mean_by_element"][name], 3) for name in names))
        for item in known
    ]
    print_text()
    print_table(("Bond valence", "GII [e]", *(f"V {name}" for name in names)), rows, right=range(1, 2 + len(names)))


def print_boxes(content: Mapping[str, Any]) -> None:
    """Print the local order of boxes."""
    mode = content["bond_valence_mode"]
    print_text(f"{content['n_boxes']} boxes" + ("" if mode is None else f", refined with bond valence {mode}"))
    _print_lengths(content["mean_modulus_angstrom"])
    _print_classes(content["class_share_by_site"])
    if "bond_valence" in content:
        _print_valences([{"mode": "-" if mode is None else mode, **content["bond_valence"]}])
    print_warnings(content["warnings"])
