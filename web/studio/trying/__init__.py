"""Trying a draft: played by hand, and painted by what its scenarios reach and miss."""
