"""Faults against the unit, seeded, and the judge of what became of the passages."""
