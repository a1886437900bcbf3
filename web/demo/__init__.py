"""The demonstration: people that do not exist walk the real service over HTTP."""
