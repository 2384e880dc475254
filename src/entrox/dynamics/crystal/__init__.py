"""What follows from the forces of one crystal: relaxation, equation of state, phonons, conservation of energy."""
