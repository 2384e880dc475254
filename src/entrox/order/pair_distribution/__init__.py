"""Pair distribution: how often atoms of two elements lie at each distance. Lengths in angstrom."""

from entrox.order.pair_distribution.partial import PartialRdf, RdfSeries, partial_rdf
from entrox.order.pair_distribution.powder import PowderPattern, powder_pattern
from entrox.order.pair_distribution.total import PairDistribution, pair_distribution
from entrox.order.pair_distribution.weights import pair_weights, scattering_strengths

__all__ = [
    "PairDistribution",
    "PartialRdf",
    "PowderPattern",
    "RdfSeries",
    "pair_distribution",
    "pair_weights",
    "partial_rdf",
    "powder_pattern",
    "scattering_strengths",
]
