"""File formats of atom-probe work: ion clouds (.pos, .epos, .apt, text), ranges (.rrng, .rng, .env), spectra (text)."""
