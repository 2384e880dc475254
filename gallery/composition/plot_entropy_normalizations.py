"""How do the normalizations of entropy differ? Five families of BaTiO3 and the Bi4Ti3O12 series, per what."""

import os
from pathlib import Path

import numpy as np

from entrox.composition import family_descriptors, parse_formula
from entrox.plots import new_axes, paper_style, save_figure
from entrox.plots.labels import formula_mathtext
from entrox.plots.style import FULL_WIDTH, family_style, letter_panels

out = Path(os.environ.get("ENTROX_GALLERY_OUT", Path(__file__).parents[1] / "_output"))
out.mkdir(parents=True, exist_ok=True)

families = (
    "Ba(1-4x)SrxCaxNaxSmxTiO3",
    "BaTi(1-5x)ZrxHfxSnxScxTaxO3",
    "Ba(1-2x)SrxCaxTi(1-2x)ZrxHfxO3",
    "Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3",
)
layered = "Bi(4-4x)LaxNdxPrxSmxTi3O12"
normalizations = {
    "per formula unit": "entropy_per_formula_unit_r",
    "per A site (Bi site)": "entropy_a_site_r",
    "per B site": "entropy_b_site_r",
    "per cation": "entropy_per_cation_r",
    "per atom": "entropy_per_atom_r",
}
dashes = ("-", "--", "-.", (0, (5, 1, 1, 1, 1, 1)), ":")


def along(formula):
    """Return the descriptors of a family over its whole range of x."""
    low, high = parse_formula(formula).valid_range()
    return family_descriptors(formula, np.linspace(float(low), float(high), 101))


with paper_style():
    figure, panels = new_axes(FULL_WIDTH, 72.0, panels=3)
    for index, formula in enumerate(families):
        found = along(formula)
        label, color = formula_mathtext(formula), family_style(index).color
        panels[0].plot(found["x"], found["entropy_per_formula_unit_r"], color=color, label=label)
    for panel, formula in zip(panels[1:], (families[3], layered), strict=True):
        found = along(formula)
        for (name, column), dash in zip(normalizations.items(), dashes, strict=True):
            panel.plot(found["x"], found[column], color="black", linestyle=dash, label=name)
        panel.set_title(formula_mathtext(formula), loc="right", fontsize=6.2)
    for panel in panels:
        panel.set_xlabel("Substitution x")
        panel.set_ylabel("Configurational entropy [R]")
        panel.set_ylim(bottom=0)
    panels[0].set_ylabel("Configurational entropy\nper formula unit [R]")
    letter_panels(panels)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper left")
    figure.legend(*panels[1].get_legend_handles_labels(), loc="outside upper right", ncols=2, handlelength=3.2)
# 223 dots per inch: 1600 pixels across.
save_figure(figure, out / "entropy_normalizations.png", dpi=223)

equimolar = family_descriptors(layered, [0.25, 0.5, 0.75])
numbers = {
    "per_formula_unit_sm_family_r": family_descriptors(families[3], [0.2])["entropy_per_formula_unit_r"][0],
    "per_cation_sm_family_r": family_descriptors(families[3], [0.2])["entropy_per_cation_r"][0],
    "per_bi_site_layered_r": equimolar["entropy_a_site_r"].tolist(),
    "per_formula_unit_layered_r": equimolar["entropy_per_formula_unit_r"].tolist(),
}
