"""The stages of a simulated tip: settings, sites, species, density, events, detection, spectrum, truth."""
