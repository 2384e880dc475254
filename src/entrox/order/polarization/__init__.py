"""Charges and local polarization. Charges in e, polarization in C/m2."""
