"""Verdicts upon files: intact, signed by whom, still valid."""
