"""Learned potentials: labeled data, teachers, training, committees, active learning, and how wrong a model is.

Units: eV, eV/angstrom, angstrom; the virial is minus the derivative of the energy by strain [eV].
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from entrox.potentials.committee import (
        Committee,
        Deviation,
        TrustLevels,
        deviation_of,
        force_deviation,
        virial_deviation,
    )
    from entrox.potentials.datasets.dataset import Dataset, read_dataset, write_dataset
    from entrox.potentials.datasets.reference import (
        EnergyReference,
        energy_zero_offsets,
        fit_energy_reference,
        subtract_reference,
    )
    from entrox.potentials.datasets.split import split
    from entrox.potentials.installation import EngineState, engine_states
    from entrox.potentials.label import Label, LabeledFrame, stress_of_virial, virial_of_stress
    from entrox.potentials.learning.convergence import (
        CellCounts,
        ConvergenceRule,
        convergence_reasons,
        wilson_lower_bound,
    )
    from entrox.potentials.learning.descriptors import environment_descriptor
    from entrox.potentials.learning.journal import Journal
    from entrox.potentials.learning.learn import learn
    from entrox.potentials.learning.learn_recipe import example_recipe, read_recipe
    from entrox.potentials.learning.learn_result import GenerationReport, LearnResult
    from entrox.potentials.learning.learn_settings import LearnSettings
    from entrox.potentials.learning.learned_data import labels_of_loop
    from entrox.potentials.learning.select import farthest_points, select_frames
    from entrox.potentials.learning.sieve import Sieve
    from entrox.potentials.student import CommitteeAnswer, Model, Student
    from entrox.potentials.teachers.cp2k import Cp2kSettings, cp2k_input
    from entrox.potentials.teachers.ewald import coulomb_energy
    from entrox.potentials.teachers.label_run import LabelingResult, label_frames
    from entrox.potentials.teachers.labeling import label_many, label_one
    from entrox.potentials.teachers.shell_model import shell_calculator
    from entrox.potentials.teachers.teacher import (
        CalculatorTeacher,
        Teacher,
        ase_teacher,
        chgnet_teacher,
        cp2k_teacher,
        deepmd_teacher,
        parse_teacher,
        shell_teacher,
        toy_teacher,
    )
    from entrox.potentials.teachers.toy import toy_calculator
    from entrox.potentials.training.deepmd_input import deepmd_input, settings_of_deepmd_input
    from entrox.potentials.training.deepmd_student import DeepmdStudent
    from entrox.potentials.training.linear_student import LinearStudent
    from entrox.potentials.training.model_file import LearningCurve, learning_curve, read_model
    from entrox.potentials.training.settings import TrainSettings
    from entrox.potentials.training.train import train, train_committee
    from entrox.potentials.training.training_run import TrainingResult, run_training
    from entrox.potentials.training.training_task import compress, freeze
    from entrox.potentials.validation.calibrate import Calibration, calibrate
    from entrox.potentials.validation.crystal_checks import CrystalChecks, check_crystal
    from entrox.potentials.validation.validate import Parity, ValidationReport, validate, validation_report
    from entrox.potentials.validation.wells import WellScan, scan_wells

_HOMES = {
    "committee": (
        "Committee",
        "Deviation",
        "TrustLevels",
        "deviation_of",
        "force_deviation",
        "virial_deviation",
    ),
    "datasets.dataset": (
        "Dataset",
        "read_dataset",
        "write_dataset",
    ),
    "datasets.reference": (
        "EnergyReference",
        "energy_zero_offsets",
        "fit_energy_reference",
        "subtract_reference",
    ),
    "datasets.split": ("split",),
    "installation": (
        "EngineState",
        "engine_states",
    ),
    "label": (
        "Label",
        "LabeledFrame",
        "stress_of_virial",
        "virial_of_stress",
    ),
    "learning.convergence": (
        "CellCounts",
        "ConvergenceRule",
        "convergence_reasons",
        "wilson_lower_bound",
    ),
    "learning.descriptors": ("environment_descriptor",),
    "learning.journal": ("Journal",),
    "learning.learn": ("learn",),
    "learning.learn_recipe": (
        "example_recipe",
        "read_recipe",
    ),
    "learning.learn_result": (
        "GenerationReport",
        "LearnResult",
    ),
    "learning.learn_settings": ("LearnSettings",),
    "learning.learned_data": ("labels_of_loop",),
    "learning.select": (
        "farthest_points",
        "select_frames",
    ),
    "learning.sieve": ("Sieve",),
    "student": (
        "CommitteeAnswer",
        "Model",
        "Student",
    ),
    "teachers.cp2k": (
        "Cp2kSettings",
        "cp2k_input",
    ),
    "teachers.ewald": ("coulomb_energy",),
    "teachers.label_run": (
        "LabelingResult",
        "label_frames",
    ),
    "teachers.labeling": (
        "label_many",
        "label_one",
    ),
    "teachers.shell_model": ("shell_calculator",),
    "teachers.teacher": (
        "CalculatorTeacher",
        "Teacher",
        "ase_teacher",
        "chgnet_teacher",
        "cp2k_teacher",
        "deepmd_teacher",
        "parse_teacher",
        "shell_teacher",
        "toy_teacher",
    ),
    "teachers.toy": ("toy_calculator",),
    "training.deepmd_input": (
        "deepmd_input",
        "settings_of_deepmd_input",
    ),
    "training.deepmd_student": ("DeepmdStudent",),
    "training.linear_student": ("LinearStudent",),
    "training.model_file": (
        "LearningCurve",
        "learning_curve",
        "read_model",
    ),
    "training.settings": ("TrainSettings",),
    "training.train": (
        "train",
        "train_committee",
    ),
    "training.training_run": (
        "TrainingResult",
        "run_training",
    ),
    "training.training_task": (
        "compress",
        "freeze",
    ),
    "validation.calibrate": (
        "Calibration",
        "calibrate",
    ),
    "validation.crystal_checks": (
        "CrystalChecks",
        "check_crystal",
    ),
    "validation.validate": (
        "Parity",
        "ValidationReport",
        "validate",
        "validation_report",
    ),
    "validation.wells": (
        "WellScan",
        "scan_wells",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "CalculatorTeacher",
    "Calibration",
    "CellCounts",
    "Committee",
    "CommitteeAnswer",
    "ConvergenceRule",
    "Cp2kSettings",
    "CrystalChecks",
    "Dataset",
    "DeepmdStudent",
    "Deviation",
    "EnergyReference",
    "EngineState",
    "GenerationReport",
    "Journal",
    "Label",
    "LabeledFrame",
    "LabelingResult",
    "LearnResult",
    "LearnSettings",
    "LearningCurve",
    "LinearStudent",
    "Model",
    "Parity",
    "Sieve",
    "Student",
    "Teacher",
    "TrainSettings",
    "TrainingResult",
    "TrustLevels",
    "ValidationReport",
    "WellScan",
    "ase_teacher",
    "calibrate",
    "check_crystal",
    "chgnet_teacher",
    "compress",
    "convergence_reasons",
    "coulomb_energy",
    "cp2k_input",
    "cp2k_teacher",
    "deepmd_input",
    "deepmd_teacher",
    "deviation_of",
    "energy_zero_offsets",
    "engine_states",
    "environment_descriptor",
    "example_recipe",
    "farthest_points",
    "fit_energy_reference",
    "force_deviation",
    "freeze",
    "label_frames",
    "label_many",
    "label_one",
    "labels_of_loop",
    "learn",
    "learning_curve",
    "parse_teacher",
    "read_dataset",
    "read_model",
    "read_recipe",
    "run_training",
    "scan_wells",
    "select_frames",
    "settings_of_deepmd_input",
    "shell_calculator",
    "shell_teacher",
    "split",
    "stress_of_virial",
    "subtract_reference",
    "toy_calculator",
    "toy_teacher",
    "train",
    "train_committee",
    "validate",
    "validation_report",
    "virial_deviation",
    "virial_of_stress",
    "wilson_lower_bound",
    "write_dataset",
]


def __getattr__(name: str) -> Any:
    # a process that owns one calculator imports one file of the room and not all of it
    if name in _HOME_OF:
        return getattr(importlib.import_module(f"entrox.potentials.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module 'entrox.potentials' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
