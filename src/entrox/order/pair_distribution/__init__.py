"""Pair distribution: how often atoms of two elements lie at each distance. Lengths in angstrom."""

from entrox.order.pair_distribution.partial import PartialRdf, RdfSeries, partial_rdf

__all__ = ["PartialRdf", "RdfSeries", "partial_rdf"]
