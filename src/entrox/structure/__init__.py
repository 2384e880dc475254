"""Crystals and the occupation of their sites. Structures are always ``ase.Atoms``; lengths in angstrom."""

from entrox.structure.occupation import occupy_sites, site_counts, unlike_fraction

__all__ = ["occupy_sites", "site_counts", "unlike_fraction"]
