"""Defects seeded by hand, one at a time, each of which some test must catch: a test of the tests (`make mutants`)."""
