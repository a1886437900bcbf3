"""Outside systems, one file each, beside its twin."""
