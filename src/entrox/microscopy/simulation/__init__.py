"""Images of known truth, from Gaussians, multislice, or frames of a simulation."""
