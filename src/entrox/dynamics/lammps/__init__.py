"""LAMMPS as an engine: its input, the program, what it leaves."""
