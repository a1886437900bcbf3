"""Scenarios: the cases that a profession tells as examples, and what nothing of them notices."""
