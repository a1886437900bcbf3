"""Registration types as data: one folder each, edited by analysts, never imported."""
