"""Glasses by simulation: melted, quenched, stretched; whether the melt was one, and what diffuses in it.

Units: angstrom, eV, K, ps (time steps in fs), GPa, g/cm3; stress counts tension positive.
"""
