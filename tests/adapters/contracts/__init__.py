"""Contracts: one module a system, the same sentences for the twin and for the real client."""
