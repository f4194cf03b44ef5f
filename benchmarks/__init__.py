"""Measurements: one module per claim. `make bench` runs them and writes RESULTS.md."""
