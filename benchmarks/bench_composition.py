"""Speed of the composition room: parsing, describing, and the vectorised descriptors of families."""

import subprocess
import sys

import numpy as np

from entrox.composition import composition_descriptors, describe, family_descriptors, parse_formula

FAMILIES = {
    "A site": ("Ba(1-4x)SrxCaxNaxSmxTiO3", 0.25),
    "B site": ("BaTi(1-5x)ZrxHfxSnxScxTaxO3", 0.2),
    "A and B sites": ("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3", 1 / 3),
    "mixed valence": ("Mg(1-4x)CoxNixCuxZnxO", 0.25),
}


class Descriptors:
    """Vectorised descriptors; the requirement is 50,000 compositions per second."""

    params = (list(FAMILIES), [1_000, 50_000])
    param_names = ("family", "compositions")

    def setup(self, family, compositions):
        text, largest = FAMILIES[family]
        self.formula = parse_formula(text)
        self.x = np.linspace(0.0, largest, compositions)
        family_descriptors(self.formula, self.x[:10])

    def time_family(self, family, compositions):
        family_descriptors(self.formula, self.x)

    def peakmem_family(self, family, compositions):
        family_descriptors(self.formula, self.x)

    def track_error(self, family, compositions):
        """Largest difference of any descriptor from the exact single composition, over nine members."""
        picked = np.linspace(0, compositions - 1, 9).astype(int)
        found = family_descriptors(self.formula, self.x)
        worst = 0.0
        for index in picked:
            single = composition_descriptors(self.formula.at(self.x[index]))
            for name, value in single.items():
                if value is not None:
                    worst = max(worst, abs(found[name][index] - value))
        return worst


class Single:
    """One composition at a time."""

    def setup(self):
        self.formula = parse_formula("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3")
        describe(self.formula, 0.2)

    def time_parse(self):
        parse_formula("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3")

    def time_sites(self):
        self.formula.at(x=0.2)

    def time_describe(self):
        describe(self.formula, 0.2)


class ColdStart:
    """A new interpreter that imports the room and describes one composition; the requirement is 1 s."""

    timeout = 30

    def time_import_and_describe(self):
        code = "from entrox.composition import describe; describe('Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3', 0.2)"
        subprocess.run([sys.executable, "-c", code], check=True)
