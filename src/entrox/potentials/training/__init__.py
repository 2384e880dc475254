"""Students and their training: Deep Potentials by DeePMD-kit, and a linear model."""
