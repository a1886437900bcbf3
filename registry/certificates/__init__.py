"""Qualifications, registrations, certificates and what the public is told."""
