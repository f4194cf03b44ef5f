"""Reads for pages: frozen rows, counted statements. Never write."""
