"""Atom-probe tomography: ion clouds, ranges, spectra and the local mixing entropy.

Units: lengths nm, mass-to-charge ratios Da, entropies in R per mole of counted atoms, always >= 0.
"""

from entrox.atomprobe.artifacts import DetectorMap, detector_composition_map, remove_trend, sector_strata
from entrox.atomprobe.background import BackgroundFit, fit_background
from entrox.atomprobe.entropy_analysis import EntropyAnalysis, analyze_entropy
from entrox.atomprobe.entropy_settings import EntropySettings
from entrox.atomprobe.formats.apt import read_apt
from entrox.atomprobe.formats.csv_table import read_csv
from entrox.atomprobe.formats.epos import read_epos, write_epos
from entrox.atomprobe.formats.pos import read_pos, write_pos
from entrox.atomprobe.formats.spectrum_csv import holds_spectrum, read_spectrum_csv
from entrox.atomprobe.generator import SimulatedTip, simulate_tip, write_tip
from entrox.atomprobe.imputation import impute_labels, name_by_isotopes, with_label_probabilities
from entrox.atomprobe.ionic_composition import (
    AtomicComposition,
    ChargeStateRatios,
    IonicComposition,
    atomic_composition,
    charge_state_ratios,
    ionic_composition,
)
from entrox.atomprobe.ions import Ions
from entrox.atomprobe.maps import EntropyMap, entropy_map
from entrox.atomprobe.masks import density_mask, pole_mask
from entrox.atomprobe.overlaps import OverlapSolution, solve_overlaps
from entrox.atomprobe.paper import PaperMode, paper_mode
from entrox.atomprobe.peaks import SpectrumPeaks, spectrum_peaks
from entrox.atomprobe.range_counts import RangeCounts, range_counts
from entrox.atomprobe.range_table import MassRange, RangeTable
from entrox.atomprobe.ranged_ions import RangedIons
from entrox.atomprobe.ranges import read_ranges, write_rrng
from entrox.atomprobe.ranging import apply_ranges
from entrox.atomprobe.readers import iter_ions, read_ions
from entrox.atomprobe.spectrum import MassSpectrum, mass_spectrum
from entrox.atomprobe.spectrum_analysis import SpectrumAnalysis, analyze_spectrum
from entrox.atomprobe.streaming import iter_ranged, read_ranged
from entrox.atomprobe.summary import IonSummary, summarize_ions
from entrox.atomprobe.tip.settings import TipSettings
from entrox.atomprobe.tip.settings_file import read_tip_settings

__all__ = [
    "AtomicComposition",
    "BackgroundFit",
    "ChargeStateRatios",
    "DetectorMap",
    "EntropyAnalysis",
    "EntropyMap",
    "EntropySettings",
    "IonSummary",
    "IonicComposition",
    "Ions",
    "MassRange",
    "MassSpectrum",
    "OverlapSolution",
    "PaperMode",
    "RangeCounts",
    "RangeTable",
    "RangedIons",
    "SimulatedTip",
    "SpectrumAnalysis",
    "SpectrumPeaks",
    "TipSettings",
    "analyze_entropy",
    "analyze_spectrum",
    "apply_ranges",
    "atomic_composition",
    "charge_state_ratios",
    "density_mask",
    "detector_composition_map",
    "entropy_map",
    "fit_background",
    "holds_spectrum",
    "impute_labels",
    "ionic_composition",
    "iter_ions",
    "iter_ranged",
    "mass_spectrum",
    "name_by_isotopes",
    "paper_mode",
    "pole_mask",
    "range_counts",
    "read_apt",
    "read_csv",
    "read_epos",
    "read_ions",
    "read_pos",
    "read_ranged",
    "read_ranges",
    "read_spectrum_csv",
    "read_tip_settings",
    "remove_trend",
    "sector_strata",
    "simulate_tip",
    "solve_overlaps",
    "spectrum_peaks",
    "summarize_ions",
    "write_epos",
    "write_pos",
    "write_rrng",
    "with_label_probabilities",
    "write_tip",
]
