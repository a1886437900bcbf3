"""Calendars and figures that the authority sets."""
