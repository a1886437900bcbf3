"""Enterprises and their changes of name."""
