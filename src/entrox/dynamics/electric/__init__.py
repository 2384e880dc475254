"""Electric fields on fixed effective charges, and the piezoelectric response."""
